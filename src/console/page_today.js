// The front page: how the day goes, as it goes.
import { api } from './api.js';
import { picture } from './charts.js';
import { h } from './dom.js';
import { t, tn } from './messages.js';
import { ago, clockTime, count, latency, money, percent } from './format.js';
import { card, empty, icon, orderLink, segmented, state, stateBadge, table, timeAgo, toneOf } from './ui.js';

const shownStates = ['SUCCESS', 'REFUND', 'NOTPAY', 'USERPAYING', 'CREATED', 'CLOSED', 'REVOKED', 'PAYERROR'];

function ended(states) {
    const paid = (states.SUCCESS || 0) + (states.REFUND || 0);
    const lost = (states.CLOSED || 0) + (states.REVOKED || 0) + (states.PAYERROR || 0);
    return { paid, all: paid + lost };
}

function figure(label, value, note, { tone = '', help, href } = {}) {
    const content = [
        h('h2', { title: help }, label),
        h('p', { class: value.length > 11 ? 'value long' : 'value' }, value),
        h('p', { class: 'note' }, note),
    ];
    return href ? h('a', { class: `card figure ${tone}`.trim(), href, key: label }, content)
        : h('section', { class: `card figure ${tone}`.trim(), key: label }, content);
}

function figures(s) {
    const hour = ended(s.hour.states);
    const day = ended(s.day.states);
    const waiting = s.open.refunds_waiting;
    return h('div', { class: 'figures' },
        figure(t('today.received'), money(s.today.received.fee), tn('today.payments', s.today.received.count, count(s.today.received.count)), { tone: 'main' }),
        figure(t('today.refunded'), money(s.today.refunded.fee),
            `${tn('today.refunds', s.today.refunded.count, count(s.today.refunded.count))} · ${t('today.net', { fee: money(s.today.received.fee - s.today.refunded.fee) })}`),
        figure(t('today.success'), percent(hour.paid, hour.all),
            `${hour.all ? t('today.success.hour', { paid: count(hour.paid), ended: count(hour.all) }) : t('today.success.none')} · ${t('today.success.day', { rate: percent(day.paid, day.all) })}`,
            { help: t('today.success.help') }),
        figure(t('today.waiting'), count(waiting.count),
            waiting.count ? `${money(waiting.fee)} · ${t('today.waiting.oldest', { ago: ago(waiting.oldest_at) })}` : t('today.waiting.none'),
            { tone: waiting.count ? 'attention' : '', href: '#/refunds' }));
}

function states(p) {
    const all = shownStates.map(name => [name, p.states[name] || 0]).filter(([, n]) => n > 0);
    const sum = all.reduce((n, [, m]) => n + m, 0);
    return h('div', {},
        h('p', { class: 'note' }, tn('today.states.created', sum, count(sum))),
        h('div', { class: 'share', 'aria-hidden': 'true' }, all.map(([name, n]) =>
            h('span', { key: name, class: toneOf('trade', name), vars: { 'flex-grow': n } }))),
        h('ul', { class: 'legend' }, all.map(([name, n]) => h('li', { key: name },
            stateBadge('trade', name), h('span', { class: 'number' }, count(n)), h('span', { class: 'number muted' }, percent(n, sum))))));
}

function latencies(s) {
    const one = (name, tone, l) => h('div', { key: name, class: 'latency' },
        h('p', { class: `key ${tone}` }, t(name)),
        h('p', { class: 'value' }, latency(l.p95_us), h('small', {}, ` ${t('today.p95')}`)),
        h('p', { class: 'note' }, `${t('today.p50', { value: latency(l.p50_us) })} · ${tn('today.calls', l.calls, count(l.calls))}`));
    return h('div', { class: 'latencies' },
        one('today.wechat', 'wechat', s.latency.wechat), one('today.gateway', 'gateway', s.latency.gateway));
}

function duty(name, href, waiting, { fee, bad } = {}) {
    const tone = waiting.count === 0 ? 'none' : bad ? 'bad' : 'some';
    return h('li', { key: name }, h('a', { href, class: `duty ${tone}` },
        h('span', { class: 'duty-name' }, t(`today.duty.${name}`)),
        h('span', { class: 'duty-note' }, waiting.count ? [fee ? `${money(waiting.fee)} · ` : '', t('today.duty.lag', { ago: ago(waiting.oldest_at) })] : null),
        h('span', { class: 'duty-count number' }, waiting.count ? count(waiting.count) : t('today.duty.clear')), icon('arrow')));
}

function duties(open) {
    return h('ul', { class: 'duties' },
        duty('refunds', '#/refunds', open.refunds_waiting, { fee: true }),
        duty('anomalies', '#/anomalies', open.anomalies, { bad: true }),
        duty('failed', '#/webhooks', open.webhooks_failed, { bad: true }),
        duty('pending', '#/webhooks?state=pending', open.webhooks_pending),
        duty('under_way', '#/refunds', open.refunds_under_way, { fee: true }));
}

export function todayPage(ctx) {
    const moneyPicture = picture('money');
    const latencyPicture = picture('latency');
    let span = 'hour';
    const latest = {};
    let known; // numbers that were there before, so that new ones show as new

    async function load() {
        try {
            const { data } = await api.payments({ limit: 8 });
            known = latest.value ? new Set(latest.value.map(p => p.out_trade_no)) : undefined;
            latest.value = data;
            latest.problem = undefined;
        } catch (problem) {
            latest.problem = problem;
            throw problem;
        }
    }

    function drawPictures(s) {
        const p = s[span];
        const from = new Date(p.from).getTime();
        const labels = p.received_fee.map((_, i) => clockTime(from + i * p.step_seconds * 1000));
        const sum = values => values.reduce((a, b) => a + b, 0);
        moneyPicture.update(
            t('today.chart.money', { received: money(sum(p.received_fee)), refunded: money(sum(p.refunded_fee)) }), labels,
            [{ label: t('today.chart.received'), colour: '--received', values: p.received_fee },
                { label: t('today.chart.refunded'), colour: '--refunded', values: p.refunded_fee.map(fee => -fee) }]);
        latencyPicture.update(t('today.chart.latency'), labels,
            [{ label: t('today.wechat'), colour: '--wechat', values: p.wechat_p95_us },
                { label: t('today.gateway'), colour: '--gateway', values: p.gateway_p95_us }]);
    }

    function choose(value) {
        span = value;
        ctx.update();
    }

    const spans = () => segmented(t('today.span'), [['hour', t('today.hour')], ['day', t('today.day')]], span, choose);

    function summary(s) {
        drawPictures(s);
        return [
            figures(s),
            (!s.hour.complete || !s.day.complete) && h('p', { class: 'notice' }, t('today.incomplete')),
            card(t('today.money'), [
                h('ul', { class: 'keys' }, h('li', { class: 'key received' }, t('today.chart.received')), h('li', { class: 'key refunded' }, t('today.chart.refunded'))),
                moneyPicture.node(),
            ], { actions: spans(), id: 'money' }),
            h('div', { class: 'columns' },
                card(t('today.states'), states(s[span]), { id: 'states' }),
                card(t('today.duties'), duties(s.open), { id: 'duties' })),
            card(t('today.latency'), [latencies(s), latencyPicture.node(), h('p', { class: 'hint' }, t('today.latency.help'))], { id: 'latency' }),
        ];
    }

    function latestOrders(payments) {
        if (payments.length === 0)
            return empty(t('today.latest.empty'), t('today.latest.empty.hint'));
        return table(t('today.latest'), [
            { text: t('payments.created'), cell: p => timeAgo(p.created_at) },
            { text: t('payments.order'), cell: p => h('div', { class: 'order' }, orderLink(p.out_trade_no, p.merchant), h('span', { class: 'muted clip' }, p.body)) },
            { text: t('payments.fee'), number: true, cell: p => money(p.total_fee) },
            { text: t('payments.state'), cell: p => stateBadge('trade', p.trade_state) },
        ], payments, {
            keyOf: p => `${p.mch_id}/${p.out_trade_no}`,
            rowClass: p => (known && !known.has(p.out_trade_no) ? 'fresh' : ''),
            onRow: p => ctx.go(`#/payments/${encodeURIComponent(p.out_trade_no)}?merchant=${encodeURIComponent(p.merchant)}`),
        });
    }

    return {
        every: 2000,
        load,
        render: () => [
            h('div', { class: 'stack', key: 'summary' }, state({ value: ctx.summary, problem: ctx.summaryProblem }, summary, ctx.reload, 6)),
            h('div', { class: 'stack', key: 'latest' }, card(t('today.latest'), state(latest, latestOrders, ctx.reload), {
                id: 'latest-orders', actions: h('a', { href: '#/payments' }, t('today.latest.all')),
            })),
        ],
        dispose() {
            moneyPicture.dispose();
            latencyPicture.dispose();
        },
    };
}
