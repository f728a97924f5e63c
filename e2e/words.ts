import { readFileSync } from 'node:fs';

export const languages = ['en', 'fr', 'es', 'pt', 'sw'] as const;
export type Language = (typeof languages)[number];

const sentences = new Map<Language, Record<string, unknown>>();

/** The sentence of a key as the page shows it, so that a better wording breaks no story. Throws on an unknown key. */
export function words(
	key: string,
	values: Record<string, string | number> = {},
	language: Language = 'en',
): string {
	let known = sentences.get(language);
	if (!known) {
		known = JSON.parse(readFileSync(`messages/${language}.json`, 'utf8')) as Record<string, unknown>;
		sentences.set(language, known);
	}
	const sentence = known[key];
	if (typeof sentence !== 'string') throw new Error(`no plain sentence "${key}" in ${language}`);
	return sentence.replace(/\{(\w+)\}/g, (_match, name: string) => String(values[name] ?? `{${name}}`));
}
