// Language and theme: of this browser, kept in it.

const listeners = new Set();

function read(name, allowed, otherwise) {
    try {
        const value = localStorage.getItem(name);
        return allowed.includes(value) ? value : otherwise;
    } catch {
        return otherwise; // a browser that keeps nothing
    }
}

function write(name, value) {
    try {
        localStorage.setItem(name, value);
    } catch {
        // it holds until the page is left
    }
}

export const preferences = {
    language: read('wxgate.language', ['zh-CN', 'en'], 'zh-CN'),
    theme: read('wxgate.theme', ['auto', 'light', 'dark'], 'auto'),
};

function apply() {
    document.documentElement.lang = preferences.language;
    document.documentElement.dataset.theme = preferences.theme;
}

export function setPreference(name, value) {
    preferences[name] = value;
    write(`wxgate.${name}`, value);
    apply();
    listeners.forEach(listener => listener());
}

/** Calls `listener` whenever something was changed, by the person or by the system's own theme; gives what ends it. */
export function onPreference(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => listeners.forEach(l => l()));
apply();
