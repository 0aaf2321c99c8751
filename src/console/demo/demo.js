// The demo shop: plays a Mini Program against the sandbox, and tells what happens behind it. What it does is what a
// shop's backend and wx.requestPayment do: a payment is asked for, paid, watched, and refunded.
import { h, show } from '/console/dom.js';
import { dateTime, money } from '/console/format.js';
import { t } from '/console/messages.js';
import { onPreference, preferences, setPreference } from '/console/preferences.js';
import { button, empty, icon, stateBadge, toast } from '/console/ui.js';

const root = document.getElementById('app');

const goods = [
    { name: 'oolong', fee: 1800, tone: 'tea', drawing: 'M8 9h15v8a7 7 0 0 1-7 7h-1a7 7 0 0 1-7-7zM23 11h2a3 3 0 0 1 0 6h-2M12 3c-1 1 1 2 0 3M16 3c-1 1 1 2 0 3' },
    { name: 'jasmine', fee: 2200, tone: 'flower', drawing: 'M18.5 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM16 13.5c-6-1-5-9 0-8.5 5-.5 6 7.5 0 8.5zM18.5 16c1-6 9-5 8.5 0 .5 5-7.5 6-8.5 0zM16 18.5c6 1 5 9 0 8.5-5 .5-6-7.5 0-8.5zM13.5 16c-1 6-9 5-8.5 0-.5-5 7.5-6 8.5 0z' },
    { name: 'puer', fee: 2600, tone: 'amber', drawing: 'M9 12h14l-1.5 9a4 4 0 0 1-4 3h-3a4 4 0 0 1-4-3zM7 12h18M13 12V9h6v3M16 9V6' },
    { name: 'matcha', fee: 2800, tone: 'leaf', drawing: 'M7 24C7 12 14 7 25 7c0 11-5 18-17 18zM7 25L18 14' },
    { name: 'cookie', fee: 1280, tone: 'biscuit', drawing: 'M16 26a10 10 0 1 0 0-20 10 10 0 0 0 0 20zM12 13v.5M19 12v.5M14 19v.5M20 18v.5M16 16v.5' },
    { name: 'gift', fee: 25800, tone: 'box', drawing: 'M6 13h20v13H6zM5 9h22v4H5zM16 9v17M16 9c-6 0-6-6-2-5 2 .5 2 5 2 5zM16 9c6 0 6-6 2-5-2 .5-2 5-2 5z' },
];

const state = {
    tab: 'shop',
    orders: [], // newest first: {name, payment, refund, steps, paying}
    sheet: null, // the order that is being paid
    busy: false,
    error: '',
};

function customer() {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const bytes = crypto.getRandomValues(new Uint8Array(20));
    return `oDemo${[...bytes].map(b => letters[b % letters.length]).join('')}`;
}

const openid = customer();

async function call(method, path, body) {
    const reply = await fetch(path, {
        method, cache: 'no-store', headers: body ? { 'Content-Type': 'application/json' } : {},
        body: body && JSON.stringify(body), signal: AbortSignal.timeout(20000),
    });
    const value = await reply.json();
    if (!reply.ok && value.code)
        throw new Error(value.detail || value.code);
    return value;
}

function step(order, name, values = {}) {
    if (!order.steps.some(s => s.name === name))
        order.steps.push({ name, values, at: new Date().toISOString() });
}

// ---- what the customer does --------------------------------------------------------------------------------------

async function buy(item) {
    if (state.busy)
        return;
    state.busy = true;
    state.error = '';
    render();
    const order = { item: item.name, steps: [], refund: null };
    step(order, 'created');
    try {
        order.payment = await call('POST', '/demo/v1/payments', { openid, total_fee: item.fee, body: t(`demo.item.${item.name}`) });
        step(order, 'prepay');
        state.orders.unshift(order);
        state.sheet = order;
    } catch (problem) {
        toast(t('demo.pay.error', { detail: problem.message }), 'bad');
    }
    state.busy = false;
    render();
    root.querySelector('.sheet .primary')?.focus();
}

async function pay(order, outcome) {
    state.busy = true;
    state.error = '';
    render();
    const began = performance.now();
    try {
        // Freshly signed at each look.
        order.payment = await call('GET', `/demo/v1/payments/${order.payment.out_trade_no}`);
        const said = await call('POST', `/demo/v1/request-payment?outcome=${outcome}`, order.payment.request_payment);
        if (said.errMsg === 'requestPayment:ok') {
            step(order, 'requested');
            order.began = began;
            state.sheet = null;
            state.tab = 'orders';
        } else {
            state.error = t(outcome === 'fail' ? 'demo.pay.failed' : 'demo.pay.cancelled');
        }
    } catch (problem) {
        state.error = problem.message;
    }
    state.busy = false;
    render();
    watch();
}

function leave(order) {
    state.sheet = null;
    state.error = '';
    state.tab = 'orders';
    render();
    if (order.payment.trade_state === 'NOTPAY')
        toast(t('demo.pay.cancelled'));
}

async function askForRefund(order) {
    order.asking = true;
    render();
    try {
        order.refund = await call('POST', `/demo/v1/payments/${order.payment.out_trade_no}/refunds`,
            { refund_fee: order.payment.total_fee, reason: t('demo.refund.reason') });
        step(order, 'refund');
        toast(t('demo.refund.asked'), 'good');
    } catch (problem) {
        toast(problem.message, 'bad');
    }
    order.asking = false;
    render();
    watch();
}

// ---- watching ----------------------------------------------------------------------------------------------------

const ends = ['SUCCESS', 'REJECTED', 'FAILED', 'REFUNDCLOSE', 'CHANGE'];

async function look(order) {
    const open = ['CREATED', 'NOTPAY', 'USERPAYING'].includes(order.payment.trade_state);
    if (open && order.began !== undefined) {
        order.payment = await call('GET', `/demo/v1/payments/${order.payment.out_trade_no}`);
        if (order.payment.trade_state === 'SUCCESS')
            step(order, 'paid', { ms: Math.round(performance.now() - order.began) });
    }
    if (order.refund && !ends.includes(order.refund.refund_status)) {
        order.refund = await call('GET', `/demo/v1/refunds/${order.refund.out_refund_no}`);
        if (order.refund.decided_by)
            step(order, 'decided', { name: order.refund.decided_by, status: order.refund.refund_status === 'REJECTED' ? 'REJECTED' : 'APPROVED' });
        if (order.refund.refund_status === 'SUCCESS') {
            step(order, 'refunded');
            order.payment = await call('GET', `/demo/v1/payments/${order.payment.out_trade_no}`);
        }
    }
}

function isMoving(order) {
    return (order.began !== undefined && order.payment.trade_state === 'NOTPAY') || (order.refund && !ends.includes(order.refund.refund_status));
}

let timer;

async function watch() {
    clearTimeout(timer);
    const moving = state.orders.filter(isMoving);
    if (moving.length === 0)
        return;
    await Promise.allSettled(moving.map(look));
    render();
    clearTimeout(timer);
    timer = setTimeout(watch, state.orders.some(o => o.payment.trade_state === 'NOTPAY' && o.began !== undefined) ? 150 : 1000);
}

// ---- the phone ---------------------------------------------------------------------------------------------------

function drawing(path) {
    return h('svg', { viewBox: '0 0 32 32', class: 'icon', 'aria-hidden': 'true', focusable: 'false' }, h('path', { d: path }));
}

function shop() {
    return [
        h('div', { class: 'welcome' }, h('strong', {}, t('demo.title')), h('span', {}, t('demo.item.oolong.text'))),
        h('ul', { class: 'goods' }, goods.map(item => {
            const name = t(`demo.item.${item.name}`);
            return h('li', { class: `good-item ${item.tone}`, key: item.name },
                h('div', { class: 'drawing' }, drawing(item.drawing)),
                h('div', {}, h('h2', {}, name), h('p', {}, t(`demo.item.${item.name}.text`))),
                h('div', { class: 'price' }, h('span', {}, money(item.fee)),
                    h('button', { type: 'button', class: 'primary', 'aria-label': t('demo.buy', { name }), disabled: state.busy, onclick: () => buy(item) }, icon('plus'))));
        })),
    ];
}

function orderCard(order) {
    const { payment, refund } = order;
    const unpaid = payment.trade_state === 'NOTPAY' && order.began === undefined;
    return h('li', { class: 'my-order', key: payment.out_trade_no },
        h('header', {}, h('h2', {}, t(`demo.item.${order.item}`)), stateBadge('trade', payment.trade_state)),
        h('p', { class: 'number' }, t('demo.order.total', { fee: money(payment.total_fee) }), h('span', { class: 'mono block' }, payment.out_trade_no)),
        refund && h('p', {}, stateBadge('refund', refund.refund_status)),
        h('div', { class: 'actions' },
            unpaid && button(t('demo.pay.again'), () => { state.sheet = order; render(); }, { kind: 'primary' }),
            payment.trade_state === 'SUCCESS' && !refund && button(t('demo.refund'), () => askForRefund(order), { disabled: order.asking })));
}

function sheet(order) {
    return [
        h('div', { class: 'shade', key: 'shade' }),
        h('div', { class: 'sheet', key: 'sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'pay-title', onkeydown: e => { if (e.key === 'Escape') leave(order); } },
            h('h2', { id: 'pay-title' }, t('demo.pay.title')),
            h('p', { class: 'amount' }, money(order.payment.total_fee)),
            h('p', { class: 'muted' }, `${t('demo.pay.to')} · ${t(`demo.item.${order.item}`)}`),
            h('p', { class: 'form-error', role: 'alert' }, state.error),
            h('button', { type: 'button', class: 'primary wide', disabled: state.busy, onclick: () => pay(order, 'success') }, t(state.busy ? 'demo.pay.busy' : 'demo.pay.now')),
            h('div', { class: 'quiet-buttons' },
                button(t('demo.pay.fail'), () => pay(order, 'fail'), { disabled: state.busy }),
                button(t('demo.pay.cancel'), () => leave(order), { disabled: state.busy }))),
    ];
}

function phone() {
    const tab = (name, text, iconName) => h('button', {
        type: 'button', 'aria-pressed': String(state.tab === name), onclick: () => { state.tab = name; render(); },
    }, icon(iconName), text);
    return h('section', { class: 'phone', 'aria-label': t('demo.title') },
        h('header', { class: 'phone-head' }, h('h1', {}, t('demo.title')), h('span', { class: 'capsule', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'))),
        h('div', { class: 'phone-body', key: state.tab, tabindex: '0', role: 'region', 'aria-label': t(`demo.${state.tab}`) },
            state.tab === 'shop' ? shop()
                : state.orders.length === 0 ? empty(t('demo.orders.empty')) : h('ul', { class: 'my-orders' }, state.orders.map(orderCard))),
        h('div', { class: 'tabs' }, tab('shop', t('demo.shop'), 'demo'), tab('orders', t('demo.orders'), 'payments')),
        state.sheet && sheet(state.sheet));
}

// ---- beside it ---------------------------------------------------------------------------------------------------

const marks = { created: ['plus', 'info'], prepay: ['send', 'info'], requested: ['clock', 'wait'], paid: ['check', 'good'], refund: ['refunds', 'wait'], decided: ['user', 'info'], refunded: ['check', 'good'] };

function stepText(order, s) {
    if (s.name === 'decided')
        return s.values.status === 'REJECTED' ? t('demo.step.rejected.text') : '';
    return t(`demo.step.${s.name}.text`, s.values);
}

function behind() {
    const order = state.orders[0];
    return h('section', { class: 'behind', 'aria-labelledby': 'behind' },
        h('h2', { id: 'behind' }, t('demo.steps')),
        h('div', { class: 'card', 'aria-live': 'polite' }, order
            ? h('ol', { class: 'timeline' }, order.steps.map(s => h('li', { key: s.name },
                h('span', { class: `mark ${marks[s.name][1]}` }, icon(marks[s.name][0])),
                h('div', { class: 'event' },
                    h('p', { class: 'event-title' }, t(`demo.step.${s.name}`, { ...s.values, status: s.values.status ? t(`refund.${s.values.status}`) : '' })),
                    h('p', { class: 'muted small' }, stepText(order, s))),
                h('div', { class: 'event-time' }, h('time', { datetime: s.at }, dateTime(s.at).slice(11))))))
            : empty(t('demo.steps.empty'))),
        order && h('a', { href: `/console/#/payments/${encodeURIComponent(order.payment.out_trade_no)}`, target: '_blank', rel: 'noopener' }, t('demo.view')));
}

function choices() {
    return h('div', { class: 'choices' },
        h('label', { class: 'choice' }, icon('globe'), h('span', { class: 'visually-hidden' }, t('app.language')),
            h('select', { onchange: e => setPreference('language', e.target.value) },
                [['zh-CN', '中文'], ['en', 'English']].map(([value, text]) =>
                    h('option', { value, lang: value, selected: preferences.language === value }, text)))),
        h('label', { class: 'choice' }, icon('sun'), h('span', { class: 'visually-hidden' }, t('app.theme')),
            h('select', { onchange: e => setPreference('theme', e.target.value) },
                ['auto', 'light', 'dark'].map(value => h('option', { value, selected: preferences.theme === value }, t(`app.theme.${value}`))))));
}

function render() {
    document.title = t('demo.title');
    show(root,
        h('header', { class: 'bar' }, h('p', {}, t('demo.notice'), ' ', h('a', { href: '/console/', target: '_blank', rel: 'noopener' }, t('demo.console'))), choices()),
        h('main', { class: 'stage' }, phone(), behind()));
}

onPreference(render);
render();
