// WeChat's bills beside the store, day by day.
import { api } from './api.js';
import { h } from './dom.js';
import { t, tn } from './messages.js';
import { count, day, money } from './format.js';
import { badge, button, card, empty, icon, state, table, time } from './ui.js';
import { findings } from './page_anomalies.js';

function result(d) {
    const all = d.open_differences + d.settled_differences;
    if (d.state === 'running')
        return badge('info', t('reconciliation.running'));
    if (d.open_differences > 0)
        return badge('bad', tn('reconciliation.differs', d.open_differences, count(d.open_differences)));
    if (d.state === 'unfinished')
        return badge('wait', t('reconciliation.unfinished'));
    return all > 0 ? badge('info', tn('reconciliation.settled', all, count(all))) : badge('good', t('reconciliation.agrees'));
}

function bill(b) {
    if (!b)
        return t('app.none');
    return h('div', {}, t('reconciliation.payments', { n: count(b.payments), fee: money(b.total_fee) }),
        h('small', { class: 'muted block' }, t('reconciliation.refunds', { n: count(b.refunds), fee: money(b.refund_fee) })));
}

/** The days; with a day and an mch_id in the address, that day's differences. */
export function reconciliationPage(ctx) {
    const [date, mchId] = ctx.parts;
    const found = {};
    let older = [];
    let next = null;

    const ask = cursor => (date
        ? api.anomalies({ bill_date: date, mch_id: mchId, limit: 100, cursor })
        : api.reconciliations({ limit: 31, cursor }));

    async function load() {
        try {
            const page = await ask();
            found.value = page.data;
            found.problem = undefined;
            if (older.length === 0)
                next = page.next_cursor;
        } catch (problem) {
            found.problem = problem;
            throw problem;
        }
    }

    async function more() {
        const page = await ask(next);
        older = older.concat(page.data);
        next = page.next_cursor;
        ctx.update();
    }

    const where = d => `#/reconciliation/${d.bill_date}/${encodeURIComponent(d.mch_id)}`;

    function days(first) {
        const all = first.concat(older);
        if (all.length === 0)
            return empty(t('reconciliation.empty'), t('reconciliation.empty.hint'));
        return [
            table(t('reconciliation.title'), [
                { text: t('reconciliation.day'), cell: d => h('a', { href: where(d) }, day(d.bill_date)) },
                { text: t('reconciliation.mch_id'), cell: d => h('span', { class: 'mono' }, d.mch_id) },
                { text: t('reconciliation.bill'), number: true, cell: d => bill(d.bill) },
                { text: t('reconciliation.done_at'), cell: d => time(d.done_at) },
                { text: t('reconciliation.state'), cell: result },
            ], all, { keyOf: d => `${d.bill_date}/${d.mch_id}`, onRow: d => ctx.go(where(d)) }),
            next && h('div', { class: 'list-end' }, button(t('app.more'), more)),
        ];
    }

    function differences(first) {
        const all = first.concat(older);
        if (all.length === 0)
            return empty(t('reconciliation.differences.empty'));
        return [h('h2', { class: 'visually-hidden' }, t('reconciliation.kind')), findings(all, ctx), next && h('div', { class: 'list-end' }, button(t('app.more'), more))];
    }

    const title = () => (date ? t('reconciliation.differences', { day: day(date) }) : t('reconciliation.title'));

    return {
        every: 10000,
        load,
        title,
        head: date ? () => h('div', { class: 'payment-head' },
            h('a', { href: '#/reconciliation', class: 'back', 'aria-label': t('app.back') }, icon('back')), h('h1', {}, title())) : undefined,
        render: () => [
            !date && h('p', { class: 'lead' }, t('reconciliation.lead')),
            card('', state(found, date ? differences : days, ctx.reload, 6)),
        ],
    };
}
