// Orders: the newest, or those that somebody looks for.
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './messages.js';
import { count, dayBegins, dayEnds, money, parseYuan } from './format.js';
import { button, empty, field, orderLink, state, stateBadge, table, time } from './ui.js';

const tradeStates = ['CREATED', 'NOTPAY', 'USERPAYING', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'PAYERROR'];
const pageSize = 30;
const roundsAtOnce = 10; // pages of a search that find nothing, before the person is asked

const keyOf = p => `${p.mch_id}/${p.out_trade_no}`;

/** What a text may be: a list of queries, of which each may find something. */
function meanings(text) {
    const all = [];
    if (/^[\w|*-]{6,32}$/.test(text))
        all.push({ out_trade_no: text });
    if (/^[A-Za-z0-9]{16,32}$/.test(text))
        all.push({ transaction_id: text });
    if (/^[\w-]{20,128}$/.test(text))
        all.push({ openid: text });
    return all;
}

export function paymentsPage(ctx) {
    const asked = { ...ctx.query }; // text, amount, state, from, to: as they stand in the address
    const found = { value: undefined, problem: undefined, next: null };
    let older = []; // pages after the first, which is looked at again and again
    let known;
    let wrong = '';
    let busy = false;

    function queries() {
        const common = {
            limit: pageSize,
            trade_state: asked.state,
            total_fee: asked.amount ? parseYuan(asked.amount) : undefined,
            created_from: asked.from ? dayBegins(asked.from) : undefined,
            created_to: asked.to ? dayEnds(asked.to) : undefined,
        };
        return (asked.text ? meanings(asked.text) : [{}]).map(q => ({ ...common, ...q }));
    }

    // Of several meanings of one text the results are put together.
    async function ask(all) {
        const answers = await Promise.all(all.map(q => api.payments(q)));
        const rows = new Map();
        for (const { data } of answers)
            data.forEach(p => rows.set(keyOf(p), p));
        const next = answers.map((a, i) => a.next_cursor && { ...all[i], cursor: a.next_cursor }).find(Boolean) || null;
        return { rows: [...rows.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1)), next };
    }

    async function load() {
        if (wrong)
            return;
        try {
            let { rows, next } = await ask(queries());
            for (let i = 0; rows.length === 0 && next && i < roundsAtOnce && older.length === 0; ++i)
                ({ rows, next } = await ask([next]));
            known = found.value ? new Set(found.value.map(keyOf)) : undefined;
            found.value = rows;
            found.problem = undefined;
            if (older.length === 0)
                found.next = next;
        } catch (problem) {
            found.problem = problem;
            throw problem;
        }
    }

    async function more() {
        busy = true;
        ctx.update();
        try {
            let { rows, next } = await ask([found.next]);
            for (let i = 0; rows.length === 0 && next && i < roundsAtOnce; ++i)
                ({ rows, next } = await ask([next]));
            older = older.concat(rows);
            found.next = next;
        } catch (problem) {
            found.problem = problem;
        }
        busy = false;
        ctx.update();
    }

    function search(event) {
        event.preventDefault();
        const values = Object.fromEntries(new FormData(event.currentTarget));
        const text = values.text.trim();
        const wanted = { text, amount: values.amount.trim(), state: values.state, from: values.from, to: values.to };
        wrong = wanted.amount && parseYuan(wanted.amount) === null ? t('payments.bad_amount')
            : text && meanings(text).length === 0 ? t('payments.bad_search') : '';
        if (!wrong) {
            for (const name of Object.keys(wanted))
                asked[name] = wanted[name];
            const query = new URLSearchParams(Object.entries(wanted).filter(([, v]) => v)).toString();
            ctx.replace(query ? `#/payments?${query}` : '#/payments');
            older = [];
            found.value = undefined;
            ctx.reload();
        }
        ctx.update();
    }

    function clear(event) {
        const form = event.currentTarget.form;
        form.querySelectorAll('input').forEach(input => { input.value = ''; });
        form.querySelector('select').value = '';
        form.requestSubmit();
    }

    function filters() {
        return h('form', { class: 'card filters', role: 'search', onsubmit: search, novalidate: true },
            h('div', { class: 'filter-text' }, field(t('payments.search'), { id: 'search-text', name: 'text', type: 'search', value: asked.text || '', autocomplete: 'off', spellcheck: 'false', maxlength: 128 })),
            field(t('payments.amount'), { id: 'search-amount', name: 'amount', inputmode: 'decimal', value: asked.amount || '', autocomplete: 'off', placeholder: '0.00', maxlength: 16 }),
            field(t('payments.state'), { id: 'search-state', name: 'state' }, {
                tag: 'select', options: [['', t('app.all'), !asked.state], ...tradeStates.map(s => [s, t(`trade.${s}`), asked.state === s])],
            }),
            field(t('payments.from'), { id: 'search-from', name: 'from', type: 'date', value: asked.from || '' }),
            field(t('payments.to'), { id: 'search-to', name: 'to', type: 'date', value: asked.to || '' }),
            h('div', { class: 'filter-actions' },
                h('button', { type: 'submit', class: 'primary' }, t('payments.submit')),
                h('button', { type: 'button', onclick: clear }, t('payments.clear'))),
            h('p', { class: 'form-error', role: 'alert' }, wrong));
    }

    function results(first) {
        const seen = new Set(first.map(keyOf));
        const rows = first.concat(older.filter(p => !seen.has(keyOf(p))));
        const narrowed = ['text', 'amount', 'state', 'from', 'to'].some(name => asked[name]);
        if (rows.length === 0 && !found.next)
            return narrowed ? empty(t('payments.empty'), t('payments.empty.hint')) : empty(t('payments.none'), t('today.latest.empty.hint'));
        return [
            rows.length > 0 && table(t('payments.title'), [
                { text: t('payments.created'), cell: p => time(p.created_at) },
                { text: t('payments.order'), cell: p => h('div', { class: 'order' }, orderLink(p.out_trade_no, p.merchant), h('span', { class: 'muted clip' }, p.body)) },
                { text: t('payments.customer'), less: true, cell: p => h('span', { class: 'mono muted' }, p.openid || t('app.none')) },
                { text: t('payments.merchant'), less: true, cell: p => p.merchant },
                { text: t('payments.fee'), number: true, cell: p => h('div', {}, money(p.total_fee), p.refunded_fee > 0 && h('small', { class: 'muted block' }, t('payments.refunded', { fee: money(p.refunded_fee) }))) },
                { text: t('payments.state'), cell: p => stateBadge('trade', p.trade_state) },
            ], rows, {
                keyOf,
                rowClass: p => (known && !known.has(keyOf(p)) && !older.includes(p) ? 'fresh' : ''),
                onRow: p => ctx.go(`#/payments/${encodeURIComponent(p.out_trade_no)}?merchant=${encodeURIComponent(p.merchant)}`),
            }),
            h('div', { class: 'list-end' },
                h('p', { class: 'muted' }, t('payments.count', { n: count(rows.length) })),
                found.next && button(rows.length === 0 ? t('payments.go_on') : t('app.more'), more, { disabled: busy })),
        ];
    }

    return {
        every: 4000,
        load,
        render: () => [filters(), h('section', { class: 'card', 'aria-label': t('payments.title') }, state(found, results, ctx.reload, 8))],
    };
}
