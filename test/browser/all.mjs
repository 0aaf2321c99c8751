// Every topic, one after the other; or those that are named.
const topics = ['texts', 'console', 'pages', 'endurance'];
const named = process.argv.slice(2);
const unknown = named.filter(name => !topics.includes(name));
if (unknown.length > 0) {
    console.error(`no topic ${unknown.join(', ')}; there are: ${topics.join(' ')}`);
    process.exit(2);
}
for (const topic of topics)
    if (named.length === 0 || named.includes(topic))
        await import(`./${topic}.mjs`);
