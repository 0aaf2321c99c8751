// Who is it?
import { api } from './api.js';
import { h } from './dom.js';
import { t } from './messages.js';
import { field, problemText } from './ui.js';

export function signInPage({ over, choices, done }) {
    async function submit(event) {
        event.preventDefault();
        const form = event.currentTarget;
        const button = form.querySelector('button[type=submit]');
        const error = form.querySelector('.form-error');
        const { name, password } = Object.fromEntries(new FormData(form));
        error.textContent = '';
        if (!name || !password) {
            form.querySelector(name ? '[name=password]' : '[name=name]').focus();
            return;
        }
        button.disabled = true;
        button.textContent = t('sign_in.busy');
        try {
            done(await api.signIn(name.trim(), password));
        } catch (problem) {
            error.textContent = problemText(problem);
            form.querySelector('[name=password]').select();
        }
        button.disabled = false;
        button.textContent = t('sign_in.submit');
    }

    return h('main', { class: 'sign-in', id: 'main' },
        h('div', { class: 'sign-in-card' },
            h('div', { class: 'brand' }, h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }),
                h('span', {}, h('strong', {}, t('app.name')), h('small', {}, t('app.subtitle')))),
            h('h1', {}, t('sign_in.title')),
            over && h('p', { class: 'notice' }, t('sign_in.over')),
            h('form', { onsubmit: submit, novalidate: true },
                field(t('sign_in.name'), { id: 'name', name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, autofocus: true }),
                field(t('sign_in.password'), { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true }),
                h('p', { class: 'form-error', role: 'alert' }),
                h('button', { type: 'submit', class: 'primary wide' }, t('sign_in.submit'))),
            h('p', { class: 'hint' }, t('sign_in.hint'))),
        choices());
}
