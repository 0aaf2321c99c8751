// What the shop is told, and what it has not heard.
import { api } from './api.js';
import { h } from './dom.js';
import { ago, dateTime } from './format.js';
import { has, t, tn } from './messages.js';
import { button, empty, orderLink, problemText, segmented, state, stateBadge, table, time, toast } from './ui.js';

async function redeliver(w, ctx) {
    try {
        await api.redeliver(w.id);
        toast(t('webhooks.again'), 'good');
    } catch (problem) {
        toast(problemText(problem), 'bad');
    }
    ctx.reload();
}

function lastResult(w) {
    if (w.state === 'delivered')
        return h('time', { datetime: w.delivered_at, title: dateTime(w.delivered_at) }, t('webhooks.delivered_at', { time: ago(w.delivered_at) }));
    return h('div', {},
        w.attempts > 0 && h('span', { class: 'break' }, w.last_error || (w.last_status ? `HTTP ${w.last_status}` : t('webhooks.no_answer'))),
        w.due_at && h('small', { class: 'muted block', title: dateTime(w.due_at) }, t('webhooks.next', { time: ago(w.due_at) })));
}

/** A table of messages; `about`: with the order that each is about. */
export function webhookTable(all, ctx, about) {
    return table(t('webhooks.title'), [
        { text: t('webhooks.created'), cell: w => time(w.created_at) },
        { text: t('webhooks.type'), cell: w => h('div', {}, has(`webhook.${w.type}`) ? t(`webhook.${w.type}`) : w.type, h('small', { class: 'muted block mono' }, w.type)) },
        about && { text: t('webhooks.about'), cell: w => h('div', { class: 'order' }, orderLink(w.out_trade_no, w.merchant), w.out_refund_no && h('span', { class: 'muted mono small' }, w.out_refund_no)) },
        { text: t('webhooks.state'), cell: w => h('div', {}, stateBadge('webhooks', w.state), h('small', { class: 'muted block' }, tn('webhooks.attempts.n', w.attempts))) },
        { text: t('webhooks.last'), cell: lastResult },
        ctx.may('settle') && { text: '', hidden: t('webhooks.redeliver'), cell: w => (w.state === 'pending' && w.attempts === 0 ? null : button(t('webhooks.redeliver'), () => redeliver(w, ctx), { kind: 'small', iconName: 'sync' })) },
    ].filter(Boolean), all, { keyOf: w => w.id });
}

export function webhooksPage(ctx) {
    let which = ['failed', 'pending', 'delivered', ''].includes(ctx.query.state) ? ctx.query.state : 'failed';
    const found = {};
    let older = [];
    let next = null;

    async function load() {
        const wanted = which;
        try {
            const page = await api.webhooks({ state: wanted, limit: 30 });
            if (wanted !== which)
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
        const page = await api.webhooks({ state: which, limit: 30, cursor: next });
        older = older.concat(page.data);
        next = page.next_cursor;
        ctx.update();
    }

    function choose(value) {
        which = value;
        found.value = undefined;
        older = [];
        ctx.replace(value === 'failed' ? '#/webhooks' : `#/webhooks?state=${value}`);
        ctx.update();
        ctx.reload();
    }

    function results(first) {
        const seen = new Set(first.map(w => w.id));
        const all = first.concat(older.filter(w => !seen.has(w.id)));
        if (all.length === 0)
            return empty(t(`webhooks.empty.${which}`));
        return [webhookTable(all, ctx, true), next && h('div', { class: 'list-end' }, button(t('app.more'), more))];
    }

    return {
        every: 4000,
        load,
        render: () => [
            h('p', { class: 'lead' }, t('webhooks.lead')),
            segmented(t('webhooks.state'), [
                ['failed', t('webhooks.failed'), ctx.summary?.open.webhooks_failed.count],
                ['pending', t('webhooks.pending'), ctx.summary?.open.webhooks_pending.count],
                ['delivered', t('webhooks.delivered')], ['', t('app.all')],
            ], which, choose),
            h('section', { class: 'card', 'aria-label': t('webhooks.title') }, state(found, results, ctx.reload, 5)),
        ],
    };
}
