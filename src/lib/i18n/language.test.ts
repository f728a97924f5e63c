import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/* What docs/translations.md asks of each language, as far as a machine can see it. */

function sentences(locale: string): [key: string, text: string][] {
	const file = new URL(`../../../messages/${locale}.json`, import.meta.url);
	const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
	return Object.entries(parsed ?? {}).map(([key, text]) => [key, String(text)]);
}

const found = (locale: string, pattern: RegExp) => sentences(locale).filter(([, text]) => pattern.test(text));

describe('the language of the messages', () => {
	it('sets French punctuation off with a space that does not break', () => {
		expect(found('fr', / [:;?!»]|« |[^\s\d{}/a-z»)][;?!]|«\S/)).toEqual([]);
	});

	it.each(['en', 'fr', 'es', 'pt', 'sw'])('%s uses real apostrophes and dots', (locale) => {
		expect(found(locale, /'|\.\.\./)).toEqual([]);
	});

	it('says tú in Spanish and vous in French', () => {
		expect(found('es', /(?<!\p{L})(usted|ustedes|introduzca|pulse|seleccione)(?!\p{L})/iu)).toEqual([]);
		expect(found('fr', /(?<!\p{L})(tu|ton|tes|toi)(?!\p{L})/iu)).toEqual([]);
	});

	it('keeps to one word for a thing in Portuguese', () => {
		expect(
			found(
				'pt',
				/utilizador|palavra-passe|ficheiro|bases? de dados|\blixo\b|elimina|registo|ecrã|sessão iniciada/i,
			),
		).toEqual([]);
	});

	it('keeps to one word for a thing in Kiswahili', () => {
		expect(found('sw', /pipa la taka|\bcheo\b|\blango\b|nywila|kontena(?:a|e)ri/i)).toEqual([]);
	});
});
