// The console: who is signed in, which page is shown, and keeping both up to date.
import { api, whenSignedOut } from './api.js';
import { h, show } from './dom.js';
import { has, t } from './messages.js';
import { shortTime } from './format.js';
import { onPreference, preferences, setPreference } from './preferences.js';
import { empty, icon } from './ui.js';
import { anomaliesPage } from './page_anomalies.js';
import { paymentPage } from './page_payment.js';
import { paymentsPage } from './page_payments.js';
import { reconciliationPage } from './page_reconciliation.js';
import { refundsPage } from './page_refunds.js';
import { signInPage } from './page_sign_in.js';
import { todayPage } from './page_today.js';
import { webhooksPage } from './page_webhooks.js';

const root = document.getElementById('app');

const pages = {
    today: todayPage, payments: paymentsPage, payment: paymentPage, refunds: refundsPage,
    webhooks: webhooksPage, anomalies: anomaliesPage, reconciliation: reconciliationPage,
};
const links = ['today', 'payments', 'refunds', 'webhooks', 'anomalies', 'reconciliation'];

const state = {
    session: null, // {name, role}
    over: false, // a session has ended by itself
    summary: undefined,
    summaryProblem: undefined,
    page: null,
    where: null,
    menu: false,
    offline: false,
    fresh: null, // when the page was last brought up to date
};

// ---- where -------------------------------------------------------------------------------------------------------

function locate() {
    const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
    const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
    const name = parts[0] === 'payments' && parts.length > 1 ? 'payment' : parts[0] || 'today';
    return { name, parts: parts.slice(1), query: Object.fromEntries(new URLSearchParams(query || '')) };
}

function openPage() {
    state.page?.dispose?.();
    state.page = null;
    state.menu = false;
    state.fresh = null;
    state.where = locate();
    if (!state.session)
        return render();
    const make = pages[state.where.name];
    state.page = make ? make(context(state.where)) : null;
    render();
    document.querySelector('main')?.scrollTo?.(0, 0);
    window.scrollTo(0, 0);
    beat.now();
}

function context(where) {
    return {
        ...where,
        session: state.session,
        get summary() { return state.summary; },
        get summaryProblem() { return state.summaryProblem; },
        may: what => ({ ask: ['approver', 'admin'], decide: ['approver'], settle: ['approver', 'admin'] })[what].includes(state.session.role),
        update: render,
        reload: () => beat.now(),
        go: hash => { location.hash = hash; },
        replace: hash => history.replaceState(null, '', hash),
    };
}

// ---- the beat: everything that is shown is asked for again, while somebody looks -----------------------------------

const beat = (() => {
    let timer;
    let running = false;
    let again = false;
    let failures = 0;

    async function once() {
        if (!state.session)
            return;
        const page = state.page;
        const results = await Promise.allSettled([
            api.summary().then(
                value => { state.summary = value; state.summaryProblem = undefined; },
                problem => { state.summaryProblem = problem; throw problem; }).finally(render),
            page?.load?.().finally(render),
        ]);
        const broken = results.find(r => r.status === 'rejected' && r.reason?.status !== 401 && r.reason?.name !== 'AbortError');
        failures = broken ? failures + 1 : 0;
        state.offline = Boolean(broken);
        if (!broken)
            state.fresh = new Date().toISOString();
        if (state.page === page)
            render();
    }

    async function run() {
        clearTimeout(timer);
        if (running) {
            again = true;
            return;
        }
        running = true;
        try {
            await once();
        } finally {
            running = false;
        }
        if (again) {
            again = false;
            run();
            return;
        }
        schedule();
    }

    function schedule() {
        clearTimeout(timer);
        if (!state.session || document.hidden)
            return;
        const usual = state.page?.every || 4000;
        timer = setTimeout(run, Math.min(usual * 2 ** Math.min(failures, 4), 30000));
    }

    document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : run()));
    window.addEventListener('online', () => run());
    return { now: run };
})();

// ---- the frame ---------------------------------------------------------------------------------------------------

function waitingFor(name) {
    const open = state.summary?.open;
    if (!open)
        return 0;
    return { refunds: open.refunds_waiting.count, anomalies: open.anomalies.count, webhooks: open.webhooks_failed.count }[name] || 0;
}

function navLink(name) {
    const here = state.where.name === name || (name === 'payments' && state.where.name === 'payment');
    const n = waitingFor(name);
    return h('li', { key: name }, h('a', { href: `#/${name}`, 'aria-current': here ? 'page' : null },
        icon(name), h('span', { class: 'nav-text' }, t(`nav.${name}`)),
        n > 0 && h('span', { class: 'count', title: t('nav.waiting', { n }) }, n > 99 ? '99+' : n, h('span', { class: 'visually-hidden' }, ` ${t('nav.waiting', { n })}`))));
}

export function choices() {
    return h('div', { class: 'choices' },
        h('label', { class: 'choice' }, icon('globe'), h('span', { class: 'visually-hidden' }, t('app.language')),
            h('select', { onchange: e => setPreference('language', e.target.value) },
                [['zh-CN', '中文'], ['en', 'English']].map(([value, text]) =>
                    h('option', { value, lang: value, selected: preferences.language === value }, text)))),
        h('label', { class: 'choice' }, icon('sun'), h('span', { class: 'visually-hidden' }, t('app.theme')),
            h('select', { onchange: e => setPreference('theme', e.target.value) },
                ['auto', 'light', 'dark'].map(value =>
                    h('option', { value, selected: preferences.theme === value }, t(`app.theme.${value}`))))));
}

function who() {
    const { name, role } = state.session;
    return h('div', { class: 'who' },
        h('span', { class: 'face', 'aria-hidden': 'true' }, name.slice(0, 1).toUpperCase()),
        h('div', { class: 'who-text', title: t(`role.${role}.may`) }, h('strong', {}, name), h('span', {}, t(`role.${role}`))),
        h('button', { type: 'button', class: 'ghost', title: t('app.sign_out'), 'aria-label': t('app.sign_out'), onclick: signOut }, icon('out')));
}

function brand() {
    return h('a', { class: 'brand', href: '#/today' },
        h('img', { src: 'icon.svg', alt: '', width: 28, height: 28 }),
        h('span', {}, h('strong', {}, t('app.name')), h('small', {}, t('app.subtitle'))));
}

function live() {
    if (state.offline)
        return h('p', { class: 'live offline', role: 'status' }, h('span', { class: 'dot' }), t('app.offline'));
    return h('p', { class: 'live', title: t('app.beijing') }, h('span', { class: 'dot' }),
        state.fresh ? `${t('app.live')} ${shortTime(state.fresh)}` : t('app.loading'));
}

function frame() {
    const title = state.page?.title?.() || (has(`nav.${state.where.name}`) ? t(`nav.${state.where.name}`) : t('app.not_found'));
    document.title = t('app.title', { page: title });
    return [
        h('a', { class: 'skip', href: '#main', onclick: e => { e.preventDefault(); document.getElementById('main').focus(); } }, t('app.skip')),
        h('div', { class: `frame ${state.menu ? 'menu-open' : ''}` },
            h('header', { class: 'top' }, brand(),
                h('button', { type: 'button', class: 'ghost menu-button', 'aria-expanded': String(state.menu), 'aria-controls': 'side', 'aria-label': t('app.menu'), onclick: () => { state.menu = !state.menu; render(); } },
                    icon(state.menu ? 'close' : 'menu'))),
            h('aside', { class: 'side', id: 'side', 'aria-label': t('app.menu') }, brand(),
                h('nav', { 'aria-label': t('nav.label') }, h('ul', {}, links.map(navLink),
                    state.summary?.demo && h('li', { key: 'demo' }, h('a', { href: '/demo/', target: '_blank', rel: 'noopener' }, icon('demo'), h('span', { class: 'nav-text' }, t('nav.demo')))))),
                h('div', { class: 'side-end' }, choices(), who())),
            h('main', { id: 'main', tabindex: '-1' },
                h('div', { class: 'page-head' }, state.page?.head?.() || h('h1', {}, title), live()),
                h('div', { class: 'page', key: [state.where.name, ...state.where.parts].join('/') }, state.page ? state.page.render() : empty(t('app.not_found'), h('a', { href: '#/today' }, t('app.to_today')))))),
    ];
}

let wanted = false;

function render() {
    if (wanted)
        return;
    wanted = true;
    queueMicrotask(() => {
        wanted = false;
        if (!state.session) {
            document.title = t('app.title', { page: t('sign_in.title') });
            show(root, signInPage({ over: state.over, choices, done: signedIn }));
        } else {
            show(root, frame());
        }
    });
}

// ---- signing in and out --------------------------------------------------------------------------------------------

function signedIn(session) {
    state.session = session;
    state.over = false;
    openPage();
}

function signedOut(over) {
    if (!state.session)
        return;
    state.page?.dispose?.();
    Object.assign(state, { session: null, page: null, summary: undefined, over });
    document.querySelectorAll('dialog').forEach(d => d.close());
    render();
}

async function signOut() {
    try {
        await api.signOut();
    } catch {
        // the cookie may be gone already; either way nobody is signed in here any more
    }
    signedOut(false);
}

whenSignedOut(() => signedOut(true));
onPreference(render);
window.addEventListener('hashchange', openPage);
document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && state.menu) {
        state.menu = false;
        render();
    }
});

state.where = locate();
api.session().then(signedIn, () => render());
