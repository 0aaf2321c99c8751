// Money, times and counts as people read them. Money is an integer of fen from end to end: no fraction is ever
// computed with. Times are Beijing's, like the days of WeChat's bills.
import { preferences } from './preferences.js';
import { t } from './messages.js';

/** 123456 → "1,234.56" */
export function yuan(fen) {
    const n = BigInt(fen);
    const size = n < 0n ? -n : n;
    const whole = (size / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
    return `${n < 0n ? '−' : ''}${whole}.${(size % 100n).toString().padStart(2, '0')}`;
}

/** 123456 → "¥1,234.56" */
export function money(fen) {
    const text = yuan(fen);
    return text.startsWith('−') ? `−¥${text.slice(1)}` : `¥${text}`;
}

/** "1,234.5" → 123450; null for what is no amount in yuan from 0.01 on. */
export function parseYuan(text) {
    const match = /^\s*[¥￥]?\s*(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,2}))?\s*$/.exec(text);
    if (!match)
        return null;
    const fen = Number(match[1].replaceAll(',', '')) * 100 + Number((match[2] || '').padEnd(2, '0'));
    return fen > 0 ? fen : null;
}

/** For an axis, where space is short: fen → "1.2万" or "12k". */
export function shortYuan(fen) {
    const whole = Math.round(fen / 100);
    const size = Math.abs(whole);
    if (preferences.language === 'zh-CN')
        return size >= 1e8 ? `${trim(whole / 1e8)}亿` : size >= 1e4 ? `${trim(whole / 1e4)}万` : String(whole);
    return size >= 1e6 ? `${trim(whole / 1e6)}M` : size >= 1e3 ? `${trim(whole / 1e3)}k` : String(whole);
}

function trim(n) {
    return String(Math.round(n * 10) / 10);
}

const makers = new Map();

function maker(options) {
    const key = preferences.language + JSON.stringify(options);
    if (!makers.has(key))
        makers.set(key, new Intl.DateTimeFormat(preferences.language, { timeZone: 'Asia/Shanghai', hourCycle: 'h23', ...options }));
    return makers.get(key);
}

/** The parts of a moment in Beijing, as two-digit texts. */
function beijing(time) {
    const shifted = new Date(new Date(time).getTime() + 8 * 3600 * 1000); // its clocks never change
    const two = n => String(n).padStart(2, '0');
    return {
        date: `${shifted.getUTCFullYear()}-${two(shifted.getUTCMonth() + 1)}-${two(shifted.getUTCDate())}`,
        clock: `${two(shifted.getUTCHours())}:${two(shifted.getUTCMinutes())}:${two(shifted.getUTCSeconds())}`,
    };
}

export function dateTime(time) {
    if (!time)
        return '—';
    const { date, clock } = beijing(time);
    return `${date} ${clock}`;
}

/** The clock alone where it is today. */
export function shortTime(time) {
    if (!time)
        return '—';
    const { date, clock } = beijing(time);
    return date === beijing(Date.now()).date ? clock : `${date.slice(5)} ${clock.slice(0, 5)}`;
}

export function clockTime(time) {
    return beijing(time).clock.slice(0, 5);
}

/** "20261124" → the day in words. */
export function day(text) {
    const time = Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8)));
    return maker({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' }).format(time);
}

/** The beginning of a day in Beijing ("2026-11-24"), or its end, as an RFC 3339 time. */
export function dayBegins(date) {
    return new Date(`${date}T00:00:00+08:00`).toISOString();
}

export function dayEnds(date) {
    return new Date(`${date}T23:59:59.999+08:00`).toISOString();
}

/** How long ago, or how long from now on. */
export function ago(time) {
    if (!time)
        return '—';
    const seconds = Math.round((Date.now() - new Date(time).getTime()) / 1000);
    if (Math.abs(seconds) < 5)
        return t('time.now');
    return t(seconds > 0 ? 'time.ago' : 'time.ahead', { span: span(Math.abs(seconds)) });
}

export function span(seconds) {
    if (seconds < 60)
        return t('time.seconds', { n: Math.round(seconds) });
    if (seconds < 3600)
        return t('time.minutes', { n: Math.floor(seconds / 60) });
    if (seconds < 2 * 86400)
        return t('time.hours', { n: Math.floor(seconds / 3600) });
    return t('time.days', { n: Math.floor(seconds / 86400) });
}

/** Microseconds as people measure waiting. */
export function latency(us) {
    if (us === null || us === undefined)
        return '—';
    if (us < 1000)
        return '<1 ms';
    if (us < 1e6)
        return `${us < 1e4 ? (us / 1000).toFixed(1) : Math.round(us / 1000)} ms`;
    return `${(us / 1e6).toFixed(us < 1e7 ? 2 : 1)} s`;
}

export function count(n) {
    return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** part / whole with one decimal, from integers. */
export function percent(part, whole) {
    if (!whole)
        return '—';
    const tenths = Math.floor(part * 1000 / whole);
    return `${Math.floor(tenths / 10)}.${tenths % 10}%`;
}
