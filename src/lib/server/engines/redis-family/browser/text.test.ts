import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { cellText, commandText, keyName, keyText, quoted } from './text';
import { keyId, keyOf } from './key-id';
import { UnreadableLine, wordsOf } from './tokenizer';

describe('a command line', () => {
	it.each([
		['get a', ['get', 'a']],
		['  get \t a  ', ['get', 'a']],
		['', []],
		['get a\u00a0b \u2003', ['get', 'a\u00a0b', '\u2003']],
		['set "a b" \'c d\'', ['set', 'a b', 'c d']],
		['set "" \'\'', ['set', '', '']],
		[String.raw`"\n\r\t\b\a\\\"\x41\xff\q"`, [Buffer.from('\n\r\t\b\x07\\"A\xffq', 'latin1')]],
		[String.raw`'\n\'\\ '`, [String.raw`\n'\\ `]],
		[String.raw`'\\''`, [String.raw`\'`]],
		[String.raw`a\b \x41`, [String.raw`a\b`, String.raw`\x41`]],
		['é "日本" 😀', ['é', '日本', '😀']],
		[String.raw`"\é"`, ['é']],
		[String.raw`"\x4"`, ['x4']],
	])('%j is taken apart as the engine does', (line, words) => {
		expect(wordsOf(line)).toEqual(words.map((word) => Buffer.from(word)));
	});

	it.each(['"a', "'a", '"a\\', '"a\\"', "'a\\'", '"a"b', "'a'b", 'a"b"', `a'b`, '"a""b"'])(
		'%j is refused',
		(line) => {
			expect(() => wordsOf(line)).toThrow(UnreadableLine);
		},
	);

	it('gives back any words once they are quoted', () => {
		fc.assert(
			fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (arrays) => {
				const words = arrays.map((bytes) => Buffer.from(bytes));
				expect(wordsOf(words.map(quoted).join(' '))).toEqual(words);
				expect(wordsOf(commandText(words, 10_000))).toEqual(words);
			}),
		);
	});
});

describe('a key', () => {
	it('is itself when it is plain text', () => {
		for (const key of ['user:1', 'a b', `it's`, 'é日😀', 'a"b', 'a\\b', ' a'])
			expect(keyText(Buffer.from(key))).toBe(key);
	});

	it('is quoted when it could mislead', () => {
		expect(keyText(Buffer.from('"a"'))).toBe(String.raw`"\"a\""`);
		expect(keyText(Buffer.from(''))).toBe('""');
		expect(keyText(Buffer.from([0xff, 0x00]))).toBe(String.raw`"\xff\x00"`);
		expect(keyText(Buffer.from('a\u202eb'))).toBe(String.raw`"a\xe2\x80\xaeb"`);
		expect(keyText(Buffer.from('a\nb'))).toBe(String.raw`"a\nb"`);
		expect(keyText(Buffer.from('\ufeffa'))).toBe(String.raw`"\xef\xbb\xbfa"`);
	});

	it('is found again by its text, whatever its bytes', () => {
		const bytes = fc.oneof(
			fc.uint8Array({ maxLength: 40 }),
			fc.string().map((text) => Buffer.from(text)),
		);
		fc.assert(
			fc.property(bytes, (array) => {
				const key = Buffer.from(array);
				expect(keyOf(keyId(key))).toEqual(key);
				expect(keyOf(keyText(key))).toEqual(key);
			}),
		);
	});

	it('is none for a text that stands for none', () => {
		for (const text of ['', '"', '"a', '"a" b', '"a"b', '"b64:', '"b64:!']) expect(keyOf(text)).toBeNull();
	});

	it('is itself though it reads like an id of ours', () => {
		for (const text of ['"b64:YQ', '"sha256:5:x', '"sha256:5:x"', '"b64:YQ"']) {
			expect(keyOf(keyId(Buffer.from(text)))).toEqual(Buffer.from(text));
		}
	});

	it('is opened by an id that the API takes, however it is written', () => {
		const keys = [251, 500, 746].map((length) => Buffer.alloc(length, 0xff));
		keys.push(Buffer.from('日'.repeat(333)), Buffer.from('a'.repeat(1_000)));
		for (const key of keys) {
			expect(keyId(key).length).toBeLessThanOrEqual(1_000);
			expect(keyOf(keyId(key))).toEqual(key);
			expect(keyName(key).length).toBeLessThanOrEqual(1_000);
		}
	});

	it('is told from others but not opened when its name is too long', () => {
		const keys = [Buffer.alloc(747, 0xff), Buffer.from('a'.repeat(1_001)), Buffer.from('a'.repeat(9_000))];
		expect(new Set(keys.map(keyId)).size).toBe(3);
		for (const key of keys) {
			expect(keyName(key)).toHaveLength(1_000);
			expect(keyName(key).endsWith('…')).toBe(true);
			const details = { reason: 'keyTooLong', bytes: key.length, maxBytes: 746 };
			expect(() => keyOf(keyId(key))).toThrow(
				expect.objectContaining({ code: 'QUERY_NOT_ALLOWED', details }),
			);
		}
	});

	it('of many bytes takes no time', () => {
		const key = Buffer.alloc(16 * MIB, 0xff);
		const startedMs = performance.now();
		expect(keyName(key)).toHaveLength(1_000);
		expect(keyId(key).length).toBeLessThan(100);
		expect(performance.now() - startedMs).toBeLessThan(500);
	});
});

describe('a cell', () => {
	it('shows text as it is, and other bytes with escapes', () => {
		expect(cellText(Buffer.from('a\nb "é"'))).toBe('a\nb "é"');
		expect(cellText(Buffer.from([0x61, 0xff]))).toBe(String.raw`"a\xff"`);
	});

	it('is cut between characters', () => {
		for (const character of ['a', 'é', '日', '😀']) {
			for (const length of [1_000, 1_001, 5_000]) {
				const text = cellText(Buffer.from(character.repeat(length)));
				expect(text.length).toBeLessThanOrEqual(1_000);
				expect(text).toMatch(new RegExp(`^(${character})+…?$`, 'u'));
				expect(text.endsWith('…')).toBe(character.length * length > 1_000);
			}
		}
		expect(cellText(Buffer.alloc(1_000_000, 0xff)).length).toBe(1_000);
	});
});
