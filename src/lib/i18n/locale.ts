import { locales, setLocale, type Locale } from './generated/runtime';

/** Each language in its own words. Names of languages are never translated. */
export const localeNames: Record<Locale, string> = {
	en: 'English',
	fr: 'Français',
	es: 'Español',
	pt: 'Português',
	sw: 'Kiswahili',
};

export const localeOptions = locales.map((value) => ({ value, label: localeNames[value] }));

/** Remembers the language in its cookie and loads the page again in it. */
export function switchLocale(locale: Locale): void {
	void setLocale(locale);
}
