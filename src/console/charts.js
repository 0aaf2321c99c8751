// The pictures of the front page, by Chart.js (Debian's libjs-chart.js). A canvas belongs to its chart: pages keep it
// and hand over new numbers, so that nothing is drawn from the start again.
import { h } from './dom.js';
import { latency, money, shortYuan } from './format.js';
import { onPreference } from './preferences.js';

let library;

function load() {
    library ??= new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.src = 'chart.js';
        script.onload = () => resolve(globalThis.Chart);
        script.onerror = () => reject(new Error('chart.js'));
        document.head.append(script);
    });
    return library;
}

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');

function options(format, stacked) {
    const text = colour('--muted');
    const line = colour('--line');
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
    return {
        responsive: true,
        maintainAspectRatio: false,
        animation: calm.matches ? false : { duration: 250 },
        interaction: { mode: 'index', intersect: false },
        plugins: {
            legend: { display: false },
            tooltip: {
                backgroundColor: colour('--tip'), titleColor: colour('--tip-text'), bodyColor: colour('--tip-text'),
                titleFont: font, bodyFont: font, padding: 10, cornerRadius: 8, boxWidth: 8, boxHeight: 8, boxPadding: 4,
                callbacks: { label: item => `${item.dataset.label}  ${format.exact(item.raw)}` },
            },
        },
        scales: {
            x: {
                stacked, grid: { display: false }, border: { display: false },
                ticks: { color: text, font, maxRotation: 0, autoSkip: true, autoSkipPadding: 24 },
            },
            y: {
                stacked, beginAtZero: true, border: { display: false },
                grid: { color: line, drawBorder: false },
                ticks: { color: text, font, maxTicksLimit: 5, callback: format.axis },
            },
        },
    };
}

/**
 * A picture: `kind` is money (bars, refunds below the axis) or latency (lines). `update(description, labels, series)`
 * with a series a {label, colour, values}; `node()` is put into the page.
 */
export function picture(kind) {
    const canvas = h('canvas', { role: 'img' });
    const element = h('div', { class: 'picture', 'data-keep': true, key: kind }, canvas);
    const bars = kind === 'money';
    const format = bars
        ? { axis: fen => `¥${shortYuan(fen)}`.replace('¥-', '−¥'), exact: fen => money(Math.abs(fen)) }
        : { axis: us => (us === 0 ? '0' : latency(us)), exact: us => latency(us) };
    let chart;
    let last;
    let gone = false;

    function dataset({ label, colour: name, values }) {
        const c = colour(name);
        return bars
            ? { label, data: values, backgroundColor: c, borderRadius: 2, maxBarThickness: 14, categoryPercentage: 0.85, barPercentage: 1 }
            : { label, data: values, borderColor: c, backgroundColor: c, borderWidth: 2, pointRadius: 0, pointHitRadius: 8, tension: 0.25, spanGaps: false };
    }

    // A line's lonely point would not be seen.
    function points(values) {
        return values.map((v, i) => (v !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? 2.5 : 0));
    }

    function draw() {
        if (!chart || !last)
            return;
        chart.data.labels = last.labels;
        last.series.forEach((s, i) => {
            const fresh = dataset(s);
            if (!bars)
                fresh.pointRadius = points(s.values);
            chart.data.datasets[i] = Object.assign(chart.data.datasets[i] || {}, fresh);
        });
        chart.options = options(format, bars);
        chart.update();
    }

    load().then(Chart => {
        if (gone)
            return;
        chart = new Chart(canvas, { type: bars ? 'bar' : 'line', data: { labels: [], datasets: [] }, options: options(format, bars) });
        draw();
    }, () => element.classList.add('unavailable'));
    const off = onPreference(() => draw());

    return {
        /** What stands in the page for it: itself, or its place where it stands already. */
        node: () => (element.isConnected ? h('div', { class: 'picture', 'data-keep': true, key: kind }) : element),
        update(description, labels, series) {
            canvas.setAttribute('aria-label', description);
            const same = last && JSON.stringify([labels, series]) === JSON.stringify([last.labels, last.series]);
            last = { labels, series };
            if (!same)
                draw();
        },
        dispose() {
            gone = true;
            off();
            chart?.destroy();
        },
    };
}
