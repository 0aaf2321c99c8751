// What a person must see to.
import { api } from './api.js';
import { h } from './dom.js';
import { has, t } from './messages.js';
import { ago, money } from './format.js';
import { badge, button, dialog, empty, facts, field, orderLink, segmented, state, time, toast } from './ui.js';

function kindText(kind) {
    return has(`anomaly.${kind}`) ? t(`anomaly.${kind}`) : kind;
}

function detailPairs(detail) {
    return Object.entries(detail || {}).filter(([, v]) => v !== null && v !== '').map(([name, value]) => [
        has(`detail.${name}`) ? t(`detail.${name}`) : name,
        name === 'total_fee' || name === 'refund_fee' ? money(value)
            : ['in_bill', 'here'].includes(name) && String(detail.what).endsWith('_fee') ? money(value)
                : numbers.includes(name) ? h('span', { class: 'mono' }, String(value))
                    : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
}

const numbers = ['transaction_id', 'out_refund_no', 'refund_id', 'mch_id', 'appid', 'err_code'];

function settle(a, ctx) {
    dialog({
        title: t('anomalies.settle.title'),
        body: h('p', {}, kindText(a.kind), ' · ', h('span', { class: 'mono' }, a.out_trade_no)),
        content: field(t('anomalies.settle.note'), { id: 'note', name: 'note', rows: 3, maxlength: 160, required: true }, { tag: 'textarea' }),
        submitText: t('anomalies.settle.submit'),
        submit: async ({ note }) => {
            if (!note.trim())
                return t('refunds.field');
            await api.settle(a.id, note.trim());
            toast(t('anomalies.done'), 'good');
            ctx.reload();
            return null;
        },
    });
}

/** Findings as a list. */
export function findings(all, ctx) {
    return h('ul', { class: 'findings' }, all.map(a => h('li', { key: a.id, class: 'finding' },
        h('div', { class: 'finding-head' },
            badge(a.settled_at ? 'quiet' : 'bad', t(a.settled_at ? 'anomalies.settled' : 'anomalies.open')),
            h('h3', {}, kindText(a.kind)), h('code', { class: 'muted' }, a.kind)),
        facts([
            [t('anomalies.order'), a.out_trade_no && orderLink(a.out_trade_no, a.merchant)],
            [t('anomalies.found'), h('span', {}, time(a.created_at), a.seen > 1 && ` · ${t('anomalies.seen', { n: a.seen, ago: ago(a.last_seen_at) })}`)],
            ...detailPairs(a.detail),
        ]),
        a.settled_at
            ? h('p', { class: 'notice plain' }, t('anomalies.settled.by', { name: a.settled_by, time: ago(a.settled_at) }), h('span', { class: 'block' }, a.note))
            : ctx.may('settle') && h('div', { class: 'actions' }, button(t('anomalies.settle'), () => settle(a, ctx), { kind: 'primary', iconName: 'check' })))));
}

export function anomaliesPage(ctx) {
    let settled = ctx.query.settled === '1';
    const found = {};
    let older = [];
    let next = null;

    async function load() {
        const wanted = settled;
        try {
            const page = await api.anomalies({ settled: wanted ? 1 : 0, limit: 30 });
            if (wanted !== settled)
                return;
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
        const page = await api.anomalies({ settled: settled ? 1 : 0, limit: 30, cursor: next });
        older = older.concat(page.data);
        next = page.next_cursor;
        ctx.update();
    }

    function choose(value) {
        settled = value === 'settled';
        found.value = undefined;
        older = [];
        ctx.replace(settled ? '#/anomalies?settled=1' : '#/anomalies');
        ctx.update();
        ctx.reload();
    }

    function results(first) {
        const seen = new Set(first.map(a => a.id));
        const all = first.concat(older.filter(a => !seen.has(a.id)));
        if (all.length === 0)
            return empty(t(settled ? 'anomalies.empty.settled' : 'anomalies.empty.open'));
        return [h('h2', { class: 'visually-hidden' }, t(settled ? 'anomalies.settled' : 'anomalies.open')), findings(all, ctx), next && h('div', { class: 'list-end' }, button(t('app.more'), more))];
    }

    return {
        every: 4000,
        load,
        render: () => [
            h('p', { class: 'lead' }, t('anomalies.lead')),
            !ctx.may('settle') && h('p', { class: 'notice' }, t('anomalies.no_role', { role: t(`role.${ctx.session.role}`) })),
            segmented(t('payments.state'), [
                ['open', t('anomalies.open'), ctx.summary?.open.anomalies.count], ['settled', t('anomalies.settled')],
            ], settled ? 'settled' : 'open', choose),
            h('section', { class: 'card', 'aria-label': t('anomalies.title') }, state(found, results, ctx.reload, 5)),
        ],
    };
}
