// Debian's Chromium, and people in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { password } from './system.mjs';

export async function launch() {
    return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'] });
}

/** A person at the console: a browser profile of their own, whose mistakes are kept. */
export class Person {
    mistakes = []; // of the page: what a browser complains of

    static async at(browser, system, { language = 'zh-CN', theme = 'light', width = 1440, height = 900, cookies } = {}) {
        const person = new Person();
        person.system = system;
        person.context = await browser.newContext({ viewport: { width, height }, locale: language, reducedMotion: 'reduce' });
        await person.context.addInitScript(([l, t]) => {
            if (location.protocol === 'about:')
                return;
            localStorage.setItem('wxgate.language', localStorage.getItem('wxgate.language') || l);
            localStorage.setItem('wxgate.theme', localStorage.getItem('wxgate.theme') || t);
        }, [language, theme]);
        if (cookies)
            await person.context.addCookies(cookies);
        person.page = await person.open();
        return person;
    }

    async open() {
        const page = await this.context.newPage();
        page.setDefaultTimeout(15000);
        page.on('pageerror', e => this.mistakes.push(`${e.message}\n${e.stack}`));
        page.on('console', m => {
            // A refusal that a test provokes is written there by the browser itself.
            if (m.type() === 'error' && !/status of (401|403|404|409)/.test(m.text()))
                this.mistakes.push(m.text());
        });
        return page;
    }

    async go(hash) {
        await this.page.goto(`${this.system.admin}/console/${hash}`);
    }

    async signIn(name, hash = '') {
        await this.go(hash);
        await this.page.fill('#name', name);
        await this.page.fill('#password', password);
        await this.page.press('#password', 'Enter');
        await this.page.waitForSelector('.frame');
        return this;
    }

    text(what) {
        return this.page.locator(`text=${what}`).first();
    }

    async leave() {
        await this.context.close();
        assert.deepEqual(this.mistakes, []);
    }
}

const axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** What axe finds that is serious or worse. */
export async function seriousFindings(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return violations.filter(v => ['serious', 'critical'].includes(v.impact))
        .map(v => `${v.id} (${v.impact}) ${v.nodes.map(n => n.html.slice(0, 200)).join(' | ')}`);
}

/** What stands out at the side of the page; nothing when nothing does. */
export async function sideways(page) {
    return page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width)
            return [];
        return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1)
            .slice(0, 5).map(e => `${e.tagName}.${e.className}`);
    });
}
