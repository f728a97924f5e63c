import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { literalTexts } from './literal-texts';
import { sameInSeveralLanguages } from './same-words';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const source = join(root, 'src');
const locales = ['en', 'fr', 'es', 'pt', 'sw'] as const;
type Locale = (typeof locales)[number];
type Messages = Record<string, string>;

function load(locale: Locale): Messages {
	const parsed: unknown = JSON.parse(readFileSync(join(root, 'messages', `${locale}.json`), 'utf8'));
	if (typeof parsed !== 'object' || parsed === null) throw new Error(`messages/${locale}.json is no object`);
	return Object.fromEntries(
		Object.entries(parsed)
			.filter(([key]) => key !== '$schema')
			.map(([key, value]) => [key, String(value)]),
	);
}

const messages = Object.fromEntries(locales.map((locale) => [locale, load(locale)])) as Record<
	Locale,
	Messages
>;
const others = locales.filter((locale) => locale !== 'en');
const keys = Object.keys(messages.en);

function filesUnder(folder: string, ending: RegExp): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return entry.name === 'generated' ? [] : filesUnder(path, ending);
		return ending.test(entry.name) ? [path] : [];
	});
}

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

describe('messages', () => {
	it.each(others)('%s has exactly the keys of English', (locale) => {
		expect(Object.keys(messages[locale]).toSorted()).toEqual(keys.toSorted());
	});

	it.each(locales)('%s has no empty sentence and no stray space', (locale) => {
		const wrong = Object.entries(messages[locale]).filter(([, text]) => text === '' || text !== text.trim());
		expect(wrong).toEqual([]);
	});

	it.each(others)('%s uses the same placeholders as English', (locale) => {
		const wrong = keys.filter(
			(key) =>
				placeholders(messages[locale][key] ?? '').join() !== placeholders(messages.en[key] ?? '').join(),
		);
		expect(wrong).toEqual([]);
	});

	it('has every sentence translated', () => {
		const wrong = keys.flatMap((key) =>
			others
				.filter((locale) => messages[locale][key] === messages.en[key])
				.filter((locale) => !sameInSeveralLanguages(messages[locale][key] ?? ''))
				.map((locale) => `${key} (${locale}): ${messages.en[key]}`),
		);
		expect(wrong).toEqual([]);
	});

	it('has no key that the code does not use, and no use without its key', () => {
		const code = filesUnder(source, /\.(svelte|ts)$/)
			.filter((path) => !path.endsWith('.test.ts'))
			.map((path) => readFileSync(path, 'utf8'))
			// Elsewhere an `m.` is something else, such as an alias in SQL.
			.filter((text) => text.includes('generated/messages'))
			.join('\n');
		const used = new Set([...code.matchAll(/\bm\.([a-z][a-z0-9_]*)\b/g)].map(([, key = '']) => key));
		expect(keys.filter((key) => !used.has(key))).toEqual([]);
		expect([...used].filter((key) => !keys.includes(key))).toEqual([]);
	});
});

describe('texts in components', () => {
	it('are all messages', () => {
		const found = filesUnder(source, /\.svelte$/).flatMap((path) =>
			literalTexts(readFileSync(path, 'utf8')).map((text) => `${relative(root, path)}: ${text}`),
		);
		expect(found).toEqual([]);
	});

	it.each([
		['<p>Hello</p>', ['Hello']],
		['<p>{m.x()} and more</p>', ['and more']],
		['<input placeholder="Your name" />', ['placeholder="Your name"']],
		['<img alt="A cat {x}" />', ['alt="A cat"']],
		["<p>{'Hello there'}</p>", ['Hello there']],
		['<Button label="Save" />', ['label="Save"']],
		["<Button label={open ? 'Close it' : m.x()} />", ['label="Close it"']],
		['<p title={`Port ${x}`}>{x}</p>', ['title="Port"']],
		['{#if a}<b>Yes</b>{:else}{#each b as c (c)}<i>No</i>{/each}{/if}', ['Yes', 'No']],
		['{#snippet a()}<b>Snippet</b>{/snippet}', ['Snippet']],
		['<p>{m.x()} · {y} / 12 %</p>', []],
		['<p class="flex" id="a" data-x="Some words">{m.x()}</p>', []],
		['<script lang="ts">const a = "Hello";</script><style>p { content: "Hello"; }</style>', []],
		['<!-- A comment -->', []],
		['<p>{m.x({ label: "a" })}{a === "b" ? c : d}</p>', []],
	])('sees what stands in %s', (component, texts) => {
		expect(literalTexts(component)).toEqual(texts);
	});
});
