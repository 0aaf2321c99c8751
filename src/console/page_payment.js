// One order: what it is, what happened to it, and what belongs to it.
import { api } from './api.js';
import { h } from './dom.js';
import { has, t } from './messages.js';
import { dateTime, money, parseYuan, span } from './format.js';
import { button, card, code, copyButton, dialog, empty, facts, failed, field, icon, problemText, skeleton, stateBadge, table, time, toast } from './ui.js';
import { findings } from './page_anomalies.js';
import { webhookTable } from './page_webhooks.js';

const encoder = new TextEncoder();

function refundable(p) {
    return p.trade_state === 'SUCCESS' || p.trade_state === 'REFUND' ? p.total_fee : 0;
}

const live = ['REQUESTED', 'APPROVED', 'PROCESSING', 'SUCCESS', 'CHANGE'];

/** What can still be asked for: refunds that live keep their amount. */
function left(p, refunds) {
    return Math.max(0, refundable(p) - refunds.filter(r => live.includes(r.refund_status)).reduce((n, r) => n + r.refund_fee, 0));
}

function askForRefund(p, most, done) {
    return dialog({
        title: t('refunds.ask.title'),
        body: h('p', {}, t('refunds.ask.body', { fee: money(most) })),
        content: [
            field(t('refunds.ask.fee'), { id: 'refund-fee', name: 'fee', inputmode: 'decimal', autocomplete: 'off', value: money(most).slice(1) }),
            field(t('refunds.ask.reason'), { id: 'refund-reason', name: 'reason', rows: 2, maxlength: 80 }, { tag: 'textarea' }),
        ],
        submitText: t('refunds.ask.submit'),
        submit: async ({ fee, reason }) => {
            const asked = parseYuan(fee);
            if (asked === null || asked > most)
                return t('refunds.ask.bad', { most: money(most).slice(1) });
            if (encoder.encode(reason).length > 80)
                return t('refunds.ask.long');
            await api.askForRefund(p.out_trade_no, p.merchant, { refund_fee: asked, reason: reason.trim() || undefined });
            toast(t('refunds.asked.done'), 'good');
            done();
            return null;
        },
    });
}

// ---- the timeline ------------------------------------------------------------------------------------------------

function eventIcon(type) {
    if (/UNKNOWN|STUCK|MISMATCH|REFUSED|NOT_THERE|CHANGE/.test(type))
        return ['question', 'wait'];
    if (/FAILED|PAYERROR|REJECTED/.test(type))
        return ['cross', 'bad'];
    if (/CLOSED|REVOKED|REFUNDCLOSE|EXPIRED/.test(type))
        return ['cross', 'quiet'];
    if (type === 'SUCCESS' || /_SUCCESS|_APPROVED/.test(type))
        return ['check', 'good'];
    if (/REFUND_REQUESTED|CREATED/.test(type))
        return ['plus', 'info'];
    if (/ATTEMPT|PROCESSING|PREPAY|NOTPAY/.test(type))
        return ['send', 'info'];
    return ['clock', 'quiet'];
}

function named(prefix, name) {
    return has(`${prefix}.${name}`) ? t(`${prefix}.${name}`) : name;
}

/** The facts of an event or a finding, in words where there are some. */
export function details(object) {
    return Object.entries(object || {}).filter(([, value]) => value !== null && value !== '').map(([name, value]) => [
        named('detail', name),
        typeof value === 'number' && name.endsWith('_fee') ? money(value) : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
}

function timeline(events) {
    let before;
    return h('ol', { class: 'timeline' }, events.map(e => {
        const [name, tone] = eventIcon(e.type);
        const at = new Date(e.created_at).getTime();
        const gap = before === undefined ? null : at - before;
        before = at;
        return h('li', { key: e.id },
            h('span', { class: `mark ${tone}` }, icon(name)),
            h('div', { class: 'event' },
                h('p', { class: 'event-title' }, named('event', e.type),
                    e.out_refund_no && h('span', { class: 'muted mono small' }, ` ${e.out_refund_no}`)),
                h('p', { class: 'muted small' }, named('source', e.source), details(e.detail).map(([label, value]) => ` · ${t('app.pair', { label, value })}`)),
                e.request_id && h('p', { class: 'muted small mono clip' }, e.request_id)),
            h('div', { class: 'event-time' }, h('time', { datetime: e.created_at, title: dateTime(e.created_at) }, dateTime(e.created_at)),
                gap !== null && h('span', { class: 'muted small' }, gap < 1000 ? `+${gap} ms` : `+${span(gap / 1000)}`)));
    }));
}

// What of the log was said between WeChat and us.
const exchanges = {
    PREPAY: ['out', 'unifiedorder'], UNKNOWN: ['out', 'unifiedorder'], NOTPAY: ['out', 'unifiedorder'],
    REFUND_ATTEMPT: ['out', 'refund'], REFUND_PROCESSING: ['out', 'refund'], REFUND_UNKNOWN: ['out', 'refund'],
    REFUND_REFUSED: ['out', 'refund'], REFUND_LATER: ['out', 'refund'], REFUND_NOT_THERE: ['out', 'refundquery'],
    REFUND_SUCCESS: ['out', 'refundquery'], REFUND_CHANGE: ['out', 'refundquery'], REFUND_REFUNDCLOSE: ['out', 'refundquery'],
    REFUND_FAILED: ['out', 'refund'], REFUND_MISMATCH: ['out', 'refundquery'], REFUND_STUCK: ['out', 'refundquery'],
};

function exchangeOf(e) {
    const refund = Boolean(e.out_refund_no);
    if (e.source === 'notification')
        return ['in', refund ? 'refund notify' : 'notify'];
    if (e.source === 'query')
        return ['out', refund ? 'refundquery' : 'orderquery'];
    if (e.type === 'CLOSED')
        return ['out', 'closeorder'];
    return exchanges[e.type];
}

function wire(events) {
    const rows = events.filter(exchangeOf);
    if (rows.length === 0)
        return empty(t('payment.wire.empty'));
    return [
        table(t('payment.wire'), [
            { text: t('payment.when'), cell: e => time(e.created_at) },
            { text: t('payment.wire.direction'), cell: e => t(`payment.wire.${exchangeOf(e)[0]}`) },
            { text: t('payment.wire.message'), cell: e => code(exchangeOf(e)[1]) },
            { text: t('payment.wire.said'), cell: e => h('div', {}, named('event', e.type), details(e.detail).map(([label, value]) => h('small', { class: 'muted block' }, t('app.pair', { label, value })))) },
        ], rows, { keyOf: e => e.id }),
        h('p', { class: 'hint' }, t('payment.wire.hint')),
    ];
}

function refundTable(refunds) {
    if (refunds.length === 0)
        return empty(t('payment.refunds.empty'));
    return table(t('payment.refunds'), [
        { text: t('refunds.when'), cell: r => time(r.created_at) },
        { text: t('refunds.number'), cell: r => h('div', { class: 'order' }, h('span', { class: 'mono' }, r.out_refund_no), h('span', { class: 'muted' }, r.reason || t('refunds.no_reason'))) },
        { text: t('refunds.asked'), cell: r => r.requested_by },
        { text: t('refunds.decided'), cell: r => (r.decided_by ? h('div', {}, r.decided_by === 'auto' ? t('refunds.auto') : r.decided_by, r.decision_reason && h('small', { class: 'muted block' }, r.decision_reason)) : t('app.none')) },
        { text: t('payments.fee'), number: true, cell: r => money(r.refund_fee) },
        { text: t('refunds.status'), cell: r => h('div', {}, stateBadge('refund', r.refund_status), r.err_code && h('small', { class: 'muted block mono' }, r.err_code)) },
    ], refunds, { keyOf: r => r.out_refund_no });
}

// ---- the page ----------------------------------------------------------------------------------------------------

export function paymentPage(ctx) {
    const number = ctx.parts[0];
    const { merchant } = ctx.query;
    const it = {}; // payment, events, refunds, webhooks, anomalies
    let problem;
    let asking = false;

    async function load() {
        try {
            const parts = ['events', 'refunds', 'webhooks', 'anomalies'];
            const [payment, ...lists] = await Promise.all([
                api.payment(number, merchant), ...parts.map(what => api.ofPayment(number, merchant, what)),
            ]);
            it.payment = payment;
            parts.forEach((what, i) => { it[what] = lists[i].data; });
            problem = undefined;
        } catch (e) {
            problem = e;
            if (e.status !== 404)
                throw e;
        }
    }

    async function sync() {
        asking = true;
        ctx.update();
        try {
            it.payment = await api.payment(number, merchant, true);
            toast(t('payment.synced'), 'good');
        } catch (e) {
            toast(problemText(e), 'bad');
        }
        asking = false;
        ctx.reload();
    }

    function head() {
        return h('div', { class: 'payment-head' },
            h('a', { href: '#/payments', class: 'back', 'aria-label': t('app.back') }, icon('back')),
            h('h1', {}, t('payment.title')));
    }

    function top(p) {
        const most = left(p, it.refunds);
        return h('section', { class: 'card hero' },
            h('div', { class: 'hero-text' },
                h('p', { class: 'hero-value' }, money(p.total_fee), stateBadge('trade', p.trade_state)),
                p.refunded_fee > 0 && h('p', { class: 'muted' }, t('payments.refunded', { fee: money(p.refunded_fee) })),
                h('p', { class: 'hero-body' }, p.body)),
            h('div', { class: 'actions' },
                button(t('payment.sync'), sync, { iconName: 'sync', disabled: asking }),
                ctx.may('ask') && most > 0 && button(t('payment.ask_refund'), () => askForRefund(p, most, ctx.reload), { kind: 'primary', iconName: 'refunds' })));
    }

    function about(p) {
        const numbered = text => text && h('span', { class: 'with-copy' }, h('span', { class: 'mono' }, text), copyButton(text));
        return facts([
            [t('payment.out_trade_no'), numbered(p.out_trade_no)],
            [t('payment.transaction_id'), numbered(p.transaction_id)],
            [t('payment.created_at'), dateTime(p.created_at)],
            [t('payment.paid_at'), p.paid_at && dateTime(p.paid_at)],
            [t('payment.expires_at'), !p.paid_at && dateTime(p.expires_at)],
            [t('payment.merchant'), `${p.merchant} · ${p.mch_id}`],
            [t('payment.appid'), h('span', { class: 'mono' }, p.appid)],
            [t('payment.openid'), p.openid && h('span', { class: 'mono' }, p.openid)],
            [t('payment.trade_type'), p.trade_type],
            [t('payment.prepay_id'), p.prepay_id && h('span', { class: 'mono' }, p.prepay_id)],
            [t('payment.attach'), p.attach],
            ...Object.entries(p.metadata || {}).map(([name, value]) => [`${t('payment.metadata')} · ${name}`, value]),
        ].filter(([, value]) => value));
    }

    function render() {
        if (!it.payment)
            return problem?.status === 404 ? empty(t('payment.not_there'), h('span', { class: 'mono' }, number))
                : problem ? failed(problem, ctx.reload) : skeleton(8);
        return [
            top(it.payment),
            it.anomalies.length > 0 && card(t('payment.anomalies'), findings(it.anomalies, ctx), { id: 'findings' }),
            h('div', { class: 'columns even' },
                card(t('payment.facts'), about(it.payment), { id: 'about' }),
                card(t('payment.timeline'), timeline(it.events), { id: 'timeline' })),
            card(t('payment.refunds'), refundTable(it.refunds), { id: 'refunds' }),
            card(t('payment.wire'), wire(it.events), { id: 'wire' }),
            card(t('payment.webhooks'), it.webhooks.length > 0 ? webhookTable(it.webhooks, ctx, false) : empty(t('payment.webhooks.empty')), { id: 'webhooks' }),
        ];
    }

    return { every: 3000, load, head, render, title: () => `${t('payment.title')} ${number}` };
}
