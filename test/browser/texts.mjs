// The console's texts, as its sources have them: both languages whole, and no text asked for that is not there.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const folder = join(process.env.WXGATE_SOURCE, 'src/console');
const sources = ['', 'demo'].flatMap(sub => readdirSync(join(folder, sub)).filter(name => name.endsWith('.js')).map(name => [name, readFileSync(join(folder, sub, name), 'utf8')]));
const table = readFileSync(join(folder, 'messages.js'), 'utf8');
const texts = new Map([...table.matchAll(/^ {4}'([^']+)': \['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\],$/gm)].map(m => [m[1], [m[2], m[3]]]));

test('every text is there in both languages, with the same things put in', () => {
    assert.ok(texts.size > 250, `${texts.size} texts were read`);
    assert.equal(texts.size, [...table.matchAll(/^ {4}'/gm)].length, 'a line of the table is not understood');
    const places = text => [...text.matchAll(/{(\w+)}/g)].map(m => m[1]).sort();
    for (const [name, [chinese, english]] of texts) {
        assert.ok(chinese && english, name);
        assert.deepEqual(places(chinese), places(english), name);
    }
});

test('every text that is asked for is there', () => {
    for (const [file, source] of sources)
        for (const [, name] of source.matchAll(/\bt(?:n)?\('([^']+)'/g))
            assert.ok(texts.has(name), `${file}: ${name}`);
});

test('what the store and the API may say has a text', () => {
    const openapi = readFileSync(join(process.env.WXGATE_SOURCE, 'conf/openapi.yaml'), 'utf8');
    const enumOf = schema => new RegExp(`^    ${schema}:\\n(?:      .*\\n)*?      enum: \\[(.*)\\]`, 'm').exec(openapi)[1].split(',').map(s => s.trim());
    for (const state of enumOf('TradeState'))
        assert.ok(texts.has(`trade.${state}`), state);
    for (const status of enumOf('RefundStatus'))
        assert.ok(texts.has(`refund.${status}`), status);
    for (const type of enumOf('WebhookType'))
        assert.ok(texts.has(`webhook.${type}`), type);
    for (const state of enumOf('WebhookState'))
        assert.ok(texts.has(`webhooks.${state}`), state);
    const kinds = /AnomalyKind:\n(?:.*\n)*?      description: "(.*)"/.exec(openapi)[1].match(/\b[a-z]+(?:_[a-z]+)+\b|\bunconfirmed\b/g);
    for (const kind of kinds)
        assert.ok(texts.has(`anomaly.${kind}`), kind);
});

test('nothing parses HTML, and nothing is inline', () => {
    for (const [file, source] of sources)
        assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function/, file);
    for (const file of ['index.html', 'demo/index.html'])
        assert.doesNotMatch(readFileSync(join(folder, file), 'utf8'), /<script>|<style|\son\w+=|\sstyle=/, file);
});
