// The pieces that pages are made of.
import { h } from './dom.js';
import { has, t } from './messages.js';
import { ago, dateTime, shortTime } from './format.js';

const paths = {
    today: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
    payments: 'M4 5h16v14H4zM4 10h16M8 15h4',
    refunds: 'M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2',
    webhooks: 'M4 12h10M10 6l6 6-6 6M20 4v16',
    anomalies: 'M12 4L2.5 20h19zM12 10v4M12 17v.5',
    reconciliation: 'M8 4v16M4 8l4-4 4 4M16 20V4M12 16l4 4 4-4',
    demo: 'M5 8h14l-1 12H6zM9 8a3 3 0 0 1 6 0',
    menu: 'M4 7h16M4 12h16M4 17h16',
    close: 'M6 6l12 12M18 6L6 18',
    back: 'M15 5l-7 7 7 7',
    copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
    out: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
    check: 'M5 12.5l4.5 4.5L19 7',
    cross: 'M6 6l12 12M18 6L6 18',
    clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
    bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21h4',
    question: 'M9 9a3 3 0 1 1 4 2.8c-.8.4-1 1-1 2.2M12 17v.5M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
    send: 'M4 12l16-8-6 16-3-7z',
    arrow: 'M9 5l7 7-7 7',
    sync: 'M20 11a8 8 0 0 0-14-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14 4l2-2M20 20v-5h-5',
    plus: 'M12 5v14M5 12h14',
    user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-5 4-7 8-7s7 2 8 7',
    globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
    sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5',
};

export function icon(name) {
    return h('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' }, h('path', { d: paths[name] }));
}

// ---- states ------------------------------------------------------------------------------------------------------

const tones = {
    trade: { SUCCESS: 'good', REFUND: 'info', NOTPAY: 'wait', USERPAYING: 'wait', CREATED: 'quiet', CLOSED: 'quiet', REVOKED: 'quiet', PAYERROR: 'bad' },
    refund: { REQUESTED: 'wait', APPROVED: 'info', PROCESSING: 'info', SUCCESS: 'good', REJECTED: 'quiet', REFUNDCLOSE: 'quiet', CHANGE: 'bad', FAILED: 'bad' },
    webhooks: { delivered: 'good', pending: 'wait', failed: 'bad' },
};

export function badge(tone, text) {
    return h('span', { class: `badge ${tone}` }, h('span', { class: 'dot', 'aria-hidden': 'true' }), text);
}

/** The state of a payment (trade), a refund (refund) or a message (webhooks). */
export function stateBadge(kind, state) {
    return badge(tones[kind][state] || 'quiet', t(`${kind}.${state}`));
}

export function toneOf(kind, state) {
    return tones[kind][state] || 'quiet';
}

// ---- times, numbers, keys ----------------------------------------------------------------------------------------

export function time(value) {
    return value ? h('time', { datetime: value, title: dateTime(value) }, shortTime(value)) : t('app.none');
}

export function timeAgo(value) {
    return value ? h('time', { datetime: value, title: dateTime(value) }, ago(value)) : t('app.none');
}

export function code(text) {
    return h('code', {}, text);
}

export function copyButton(text) {
    return h('button', {
        type: 'button', class: 'ghost tiny', 'aria-label': `${t('app.copy')} ${text}`, title: t('app.copy'),
        onclick: async () => {
            try {
                await navigator.clipboard.writeText(text);
                toast(t('app.copied'));
            } catch {
                toast(text); // a page that may not: it can be taken from here
            }
        },
    }, icon('copy'));
}

// ---- buttons, fields ---------------------------------------------------------------------------------------------

export function button(text, onclick, { kind = '', iconName, disabled, title, type = 'button' } = {}) {
    return h('button', { type, class: kind, onclick, disabled, title }, iconName && icon(iconName), h('span', {}, text));
}

let fields = 0;

/** A labelled input. `props` are the input's; `hint` and `error` stand below it. */
export function field(label, props, { hint, tag = 'input', options } = {}) {
    const id = props.id || `field-${++fields}`;
    return h('div', { class: 'field' },
        h('label', { for: id }, label),
        h(tag, { ...props, id, 'aria-describedby': hint ? `${id}-hint` : null },
            (options || []).map(([value, text, chosen]) => h('option', { value, selected: chosen }, text))),
        hint && h('p', { class: 'hint', id: `${id}-hint` }, hint));
}

/** One of a few: `options` are [value, text]. */
export function segmented(label, options, chosen, choose) {
    return h('div', { class: 'segmented', role: 'group', 'aria-label': label },
        options.map(([value, text, number]) => h('button', {
            key: value, type: 'button', 'aria-pressed': String(value === chosen), onclick: () => choose(value),
        }, text, number ? h('span', { class: 'count' }, number) : null)));
}

// ---- what stands in for content ----------------------------------------------------------------------------------

export function empty(title, hint) {
    return h('div', { class: 'empty' }, h('p', { class: 'empty-title' }, title), hint && h('p', {}, hint));
}

export function skeleton(lines = 3) {
    return h('div', { class: 'skeleton', role: 'status', 'aria-label': t('app.loading') },
        Array.from({ length: lines }, () => h('div', { class: 'bone' })));
}

export function failed(problem, retry) {
    return h('div', { class: 'empty failed', role: 'alert' },
        h('p', { class: 'empty-title' }, t('problem.load')),
        h('p', {}, problemText(problem)),
        retry && button(t('app.retry'), retry, { iconName: 'sync' }));
}

/** Loading, failed, empty, or what `content` makes of the value. */
export function state({ value, problem }, content, retry, lines) {
    if (value !== undefined)
        return content(value);
    return problem ? failed(problem, retry) : skeleton(lines);
}

export function problemText(problem) {
    const said = problem.upstream && (problem.upstream.err_code_des || problem.upstream.err_code || problem.upstream.return_msg);
    const values = { detail: problem.detail || problem.code || problem.message, seconds: problem.retryAfter || 1, said: said || problem.detail || '' };
    return has(`problem.${problem.code}`) ? t(`problem.${problem.code}`, values) : t('problem.other', values);
}

// ---- tables ------------------------------------------------------------------------------------------------------

/**
 * columns: {text, cell(row), number, hidden, less}; `hidden` is the text of one whose head is empty. A narrow screen
 * shows each row as a card, without what is `less`.
 */
export function table(caption, columns, rows, { keyOf, onRow, rowClass } = {}) {
    return h('table', { class: 'cards' },
        h('caption', { class: 'visually-hidden' }, caption),
        h('thead', {}, h('tr', {}, columns.map(c => h('th', { scope: 'col', class: c.number ? 'number' : null },
            c.text || h('span', { class: 'visually-hidden' }, c.hidden || ' '))))),
        h('tbody', {}, rows.map(row => h('tr', {
            key: keyOf(row), class: [onRow ? 'link' : '', rowClass ? rowClass(row) : ''].join(' ').trim() || null,
            onclick: onRow ? event => {
                if (!event.target.closest('a, button') && !String(getSelection()))
                    onRow(row);
            } : null,
        }, columns.map(c => h('td', { class: c.number ? 'number' : c.hidden ? 'action' : c.less ? 'less' : null, 'data-label': c.text || null }, c.cell(row)))))));
}

/** [label, value] pairs; those without a value are left out. */
export function facts(pairs) {
    return h('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([label, value]) => h('div', { key: label }, h('dt', {}, label), h('dd', {}, value))));
}

export function card(title, content, { actions, kind = '', id } = {}) {
    return h('section', { class: `card ${kind}`.trim(), 'aria-labelledby': title ? id : null },
        title && h('header', {}, h('h2', { id }, title), actions),
        content);
}

export function orderLink(number, merchant) {
    const query = merchant ? `?merchant=${encodeURIComponent(merchant)}` : '';
    return h('a', { href: `#/payments/${encodeURIComponent(number)}${query}`, class: 'mono' }, number);
}

// ---- dialogs and toasts ------------------------------------------------------------------------------------------

export function toast(text, tone = '') {
    const box = document.getElementById('toasts');
    const element = h('div', { class: `toast ${tone}`.trim() }, text);
    box.append(element);
    setTimeout(() => element.remove(), 6000);
    while (box.childElementCount > 3)
        box.firstElementChild.remove();
}

/**
 * A form in a dialog. `submit(form values)` may throw a Problem, or return a text: what is wrong; the dialog then stays.
 * Resolves with true when it was done, false when it was left.
 */
export function dialog({ title, body, content, submitText, kind = 'primary', submit }) {
    return new Promise(resolve => {
        const error = h('p', { class: 'form-error', role: 'alert' });
        const ok = h('button', { type: 'submit', class: kind }, submitText);
        let done = false;
        const form = h('form', {
            novalidate: true,
            onsubmit: async event => {
                event.preventDefault();
                ok.disabled = true;
                ok.setAttribute('aria-busy', 'true');
                error.textContent = '';
                let wrong;
                try {
                    wrong = await submit(Object.fromEntries(new FormData(form)));
                } catch (problem) {
                    wrong = problemText(problem);
                }
                ok.disabled = false;
                ok.removeAttribute('aria-busy');
                if (wrong) {
                    error.textContent = wrong;
                    return;
                }
                done = true;
                box.close();
            },
        },
        h('h2', { id: 'dialog-title' }, title),
        body && h('div', { class: 'dialog-body' }, body),
        content,
        error,
        h('div', { class: 'dialog-actions' }, button(t('app.cancel'), () => box.close()), ok));
        const box = h('dialog', { 'aria-labelledby': 'dialog-title' }, form);
        box.addEventListener('close', () => {
            box.remove();
            resolve(done);
        });
        document.body.append(box);
        box.showModal();
        form.querySelector('input, textarea')?.focus();
    });
}
