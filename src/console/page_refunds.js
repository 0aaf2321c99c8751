// Refunds: those that wait for a decision, and what became of the latest.
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './messages.js';
import { money } from './format.js';
import { button, card, dialog, empty, facts, field, orderLink, state, stateBadge, table, time, timeAgo, toast } from './ui.js';

const keyOf = r => `${r.merchant}/${r.out_refund_no}`;

export function refundsPage(ctx) {
    const waiting = {};
    const recent = {};

    async function load() {
        try {
            const [asked, all] = await Promise.all([
                api.refunds({ refund_status: 'REQUESTED', limit: 50 }), api.refunds({ limit: 30 }),
            ]);
            tellOfOthers(asked.data, all.data);
            waiting.value = asked.data;
            recent.value = all.data.filter(r => r.refund_status !== 'REQUESTED');
            waiting.problem = recent.problem = undefined;
        } catch (problem) {
            waiting.problem = recent.problem = problem;
            throw problem;
        }
    }

    // Two look at one list: what the other decides is said, not only gone.
    function tellOfOthers(now, all) {
        const still = new Set(now.map(keyOf));
        for (const r of (waiting.value || []).filter(each => !still.has(keyOf(each)))) {
            const after = all.find(each => keyOf(each) === keyOf(r));
            if (after?.decided_by && after.decided_by !== ctx.session.name)
                toast(t('refunds.by_other', { name: after.decided_by, status: t(`refund.${after.refund_status === 'REJECTED' ? 'REJECTED' : 'APPROVED'}`), fee: money(r.refund_fee) }));
        }
    }

    // Somebody else was faster: say who, and how.
    async function decided(r, call) {
        try {
            await call();
        } catch (problem) {
            if (problem.status !== 409)
                throw problem;
            const all = await api.refunds({ limit: 100 });
            const now = all.data.find(each => keyOf(each) === keyOf(r));
            if (!now || now.refund_status === 'REQUESTED')
                throw problem;
            toast(t('refunds.taken', { name: now.decided_by || '', status: t(`refund.${now.refund_status}`) }), 'bad');
            ctx.reload();
            return false;
        }
        ctx.reload();
        return true;
    }

    function summary(r) {
        return facts([
            [t('refunds.order'), h('span', { class: 'mono' }, r.out_trade_no)],
            [t('payments.fee'), t('refunds.of', { fee: money(r.refund_fee), total: money(r.total_fee) })],
            [t('refunds.asked'), r.requested_by],
            [t('refunds.why'), r.reason || t('refunds.no_reason')],
        ]);
    }

    function approve(r) {
        dialog({
            title: t('refunds.approve.title'),
            body: [summary(r), h('p', {}, t('refunds.approve.body', { fee: money(r.refund_fee) }))],
            content: field(t('refunds.approve.note'), { id: 'note', name: 'reason', rows: 2, maxlength: 100 }, { tag: 'textarea' }),
            submitText: t('refunds.approve.submit', { fee: money(r.refund_fee) }),
            submit: async ({ reason }) => {
                const body = { refund_fee: r.refund_fee, reason: reason.trim() || undefined };
                if (await decided(r, () => api.approve(r.out_refund_no, r.merchant, body)))
                    toast(t('refunds.approved', { fee: money(r.refund_fee) }), 'good');
            },
        });
    }

    function reject(r) {
        dialog({
            title: t('refunds.reject.title'),
            body: [summary(r), h('p', {}, t('refunds.reject.body', { fee: money(r.refund_fee) }))],
            content: field(t('refunds.reject.note'), { id: 'note', name: 'reason', rows: 2, maxlength: 100, required: true }, { tag: 'textarea' }),
            submitText: t('refunds.reject.submit'),
            kind: 'danger',
            submit: async ({ reason }) => {
                if (!reason.trim())
                    return t('refunds.field');
                if (await decided(r, () => api.reject(r.out_refund_no, r.merchant, { reason: reason.trim() })))
                    toast(t('refunds.rejected', { fee: money(r.refund_fee) }));
                return null;
            },
        });
    }

    function decision(r) {
        if (!ctx.may('decide'))
            return null;
        if (r.requested_by === ctx.session.name)
            return h('p', { class: 'notice' }, t('refunds.own'));
        return h('div', { class: 'actions' },
            button(t('refunds.reject'), () => reject(r), { iconName: 'cross' }),
            button(t('refunds.approve'), () => approve(r), { kind: 'primary', iconName: 'check' }));
    }

    function request(r) {
        return h('li', { key: keyOf(r), class: 'request' },
            h('div', { class: 'request-fee' },
                h('p', { class: 'value' }, money(r.refund_fee)),
                h('p', { class: 'muted' }, r.refund_fee === r.total_fee ? t('refunds.whole') : t('refunds.of', { fee: money(r.refund_fee), total: money(r.total_fee) }))),
            facts([
                [t('refunds.why'), r.reason || h('span', { class: 'muted' }, t('refunds.no_reason'))],
                [t('refunds.asked'), [r.requested_by, ' · ', timeAgo(r.created_at)]],
                [t('refunds.order'), orderLink(r.out_trade_no, r.merchant)],
                [t('refunds.number'), h('span', { class: 'mono' }, r.out_refund_no)],
            ]),
            decision(r));
    }

    function requests(all) {
        if (all.length === 0)
            return empty(t('refunds.waiting.empty'), t('refunds.waiting.empty.hint'));
        return [
            !ctx.may('decide') && h('p', { class: 'notice' }, t('refunds.no_role', { role: t(`role.${ctx.session.role}`) })),
            h('ul', { class: 'requests' }, all.map(request)),
        ];
    }

    function latest(all) {
        if (all.length === 0)
            return empty(t('refunds.recent.empty'));
        return table(t('refunds.recent'), [
            { text: t('refunds.when'), cell: r => time(r.created_at) },
            { text: t('refunds.order'), cell: r => h('div', { class: 'order' }, orderLink(r.out_trade_no, r.merchant), h('span', { class: 'muted' }, r.reason || t('refunds.no_reason'))) },
            { text: t('refunds.asked'), cell: r => r.requested_by },
            { text: t('refunds.decided'), cell: r => (r.decided_by ? h('div', {}, r.decided_by === 'auto' ? t('refunds.auto') : r.decided_by, h('small', { class: 'muted block' }, timeAgo(r.decided_at), r.decision_reason && ` · ${r.decision_reason}`)) : t('app.none')) },
            { text: t('payments.fee'), number: true, cell: r => money(r.refund_fee) },
            { text: t('refunds.status'), cell: r => stateBadge('refund', r.refund_status) },
        ], all, { keyOf });
    }

    return {
        every: 2000,
        load,
        render: () => [
            card(t('refunds.waiting'), state(waiting, requests, ctx.reload), { id: 'waiting' }),
            card(t('refunds.recent'), state(recent, latest, ctx.reload), { id: 'recent' }),
        ],
    };
}
