// Building elements, and bringing a page up to date without rebuilding it. Text only ever becomes text: nothing
// here, or anywhere in the console, parses HTML.

const svgNames = new Set(['svg', 'path', 'circle', 'rect', 'line', 'polyline', 'g']);

function append(parent, child) {
    if (child === null || child === undefined || child === false || child === true)
        return;
    if (Array.isArray(child))
        child.forEach(each => append(parent, each));
    else
        parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
}

/** An element. `props`: attributes; on… handlers; `key`, which names it among its siblings. */
export function h(name, props, ...children) {
    const element = svgNames.has(name)
        ? document.createElementNS('http://www.w3.org/2000/svg', name)
        : document.createElement(name);
    for (const [key, value] of Object.entries(props || {})) {
        if (value === null || value === undefined || value === false)
            continue;
        if (key.startsWith('on'))
            element[key.toLowerCase()] = value;
        else if (key === 'key')
            element.dataKey = String(value);
        else if (key === 'vars')
            Object.entries(value).forEach(([n, v]) => element.style.setProperty(n, v));
        else
            element.setAttribute(key, value === true ? '' : String(value));
    }
    append(element, children);
    return element;
}

const handlers = ['onclick', 'onsubmit', 'onchange', 'oninput', 'onkeydown'];

function morphAttributes(old, fresh) {
    for (const { name } of [...old.attributes])
        if (!fresh.hasAttribute(name) && !(old.nodeName === 'DETAILS' && name === 'open'))
            old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes]) {
        if (old.getAttribute(name) === value || (old.nodeName === 'DETAILS' && name === 'open'))
            continue;
        if (name === 'style') // as an attribute it is inline style, which the policy forbids
            old.style.cssText = value;
        else
            old.setAttribute(name, value);
    }
    for (const name of handlers)
        if (old[name] !== fresh[name])
            old[name] = fresh[name];
}

function isLike(old, fresh) {
    return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && old.dataKey === fresh.dataKey;
}

function morphNode(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
        if (old.data !== fresh.data)
            old.data = fresh.data;
        return;
    }
    if (old.hasAttribute('data-keep')) // looks after itself: a chart
        return;
    morphAttributes(old, fresh);
    if (old.nodeName !== 'TEXTAREA')
        morphChildren(old, fresh);
}

/** Makes the children of `old` like those of `fresh`, keeping every element that is the same one. */
export function morphChildren(old, fresh) {
    const keyed = new Map();
    for (const child of old.childNodes)
        if (child.dataKey !== undefined)
            keyed.set(child.dataKey, child);
    let at = old.firstChild;
    for (const next of [...fresh.childNodes]) {
        let same = next.dataKey !== undefined ? keyed.get(next.dataKey) : at;
        // What is gone from among keyed ones is stepped over, not rewritten into something else.
        if (next.dataKey === undefined)
            while (same && same.dataKey !== undefined)
                same = same.nextSibling;
        if (same && isLike(same, next)) {
            if (same !== at)
                old.insertBefore(same, at);
            else
                at = at.nextSibling;
            morphNode(same, next);
        } else {
            old.insertBefore(next, at);
        }
    }
    while (at) {
        const after = at.nextSibling;
        at.remove();
        at = after;
    }
}

/** Shows these children in `root`. */
export function show(root, ...children) {
    const fresh = document.createElement(root.nodeName);
    append(fresh, children);
    morphChildren(root, fresh);
}
