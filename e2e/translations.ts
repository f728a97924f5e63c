import { readFileSync } from 'node:fs';
import { sameInSeveralLanguages } from '../src/lib/i18n/same-words';
import { languages, type Language } from './words';

type Sentences = Record<string, string>;

function load(language: Language): Sentences {
	const all = JSON.parse(readFileSync(`messages/${language}.json`, 'utf8')) as Record<string, unknown>;
	return Object.fromEntries(
		Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
	);
}

/** A sentence as it looks on a page, whatever stands in its placeholders. */
function shape(sentence: string): RegExp {
	const literal = sentence
		.split(/\{\w+\}/)
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
	return new RegExp(`^${literal.join('.+')}$`, 'su');
}

/** Enough words to be English and not only a number with a unit. */
const isSentence = (sentence: string) =>
	(sentence.replace(/\{\w+\}/g, '').match(/\p{L}{2,}/gu) ?? []).length > 1;

/** Tells what of a page in another language is still English, or a key that has no sentence. */
export function untranslatedIn(language: Language): (texts: readonly string[]) => string[] {
	const english = load('en');
	const own = load(language);
	const anyOwn = new Set(Object.values(own));
	const keys = new Set(Object.keys(english));
	const plain = new Set<string>();
	const shapes: RegExp[] = [];
	for (const [key, sentence] of Object.entries(english)) {
		if (
			language === 'en' ||
			own[key] === sentence ||
			anyOwn.has(sentence) ||
			sameInSeveralLanguages(sentence)
		)
			continue;
		if (!sentence.includes('{')) plain.add(sentence);
		else if (isSentence(sentence)) shapes.push(shape(sentence));
	}
	return (texts) =>
		[...new Set(texts)].filter(
			(text) => keys.has(text) || plain.has(text) || shapes.some((one) => one.test(text)),
		);
}

export { languages };
