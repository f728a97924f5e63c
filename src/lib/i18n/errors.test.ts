import { describe, expect, it } from 'vitest';
import { errorCodes } from '$lib/shared/error-codes';
import { errorSentences, sentenceOfCode } from './error-sentences';
import { knownError, sentenceOf } from './errors';
import { queryRefusalSentences } from './query-refusals';

const failed = (appCode: string, details = {}, field: string | null = null) =>
	Object.assign(new Error('hidden'), { data: { appCode, details, field, requestId: 'r-1' } });

describe('sentences of errors', () => {
	it('has one for every code', () => {
		expect(Object.keys(errorSentences).toSorted()).toEqual(Object.keys(errorCodes).toSorted());
		for (const sentence of Object.values(errorSentences)) expect(sentence({})).not.toBe('');
	});

	it('gives the number under which an internal error is found in the log', () => {
		expect(sentenceOf(failed('INTERNAL'))).toContain('r-1');
	});

	it('never shows an error’s own text', () => {
		expect(sentenceOf(failed('NAME_TAKEN'))).not.toContain('hidden');
		expect(sentenceOf(new Error('connect ECONNREFUSED 10.0.0.3'))).not.toContain('ECONNREFUSED');
	});

	it('says what is left when memory is short, as far as it is known', () => {
		expect(sentenceOf(failed('NOT_ENOUGH_MEMORY', { leftBytes: 512 * 1024 ** 2 }))).toContain('512');
		expect(sentenceOf(failed('NOT_ENOUGH_MEMORY'))).not.toContain('undefined');
	});

	it('says what is wrong with a name, and how long it may be', () => {
		const invalid = (reason: string) => sentenceOf(failed('NAME_INVALID', { reason }));
		expect(new Set(['empty', 'blanks', 'control', 'surrogate', 'length'].map(invalid)).size).toBe(5);
		expect(sentenceOf(failed('NAME_TOO_LONG', { bytes: 64, maxBytes: 63 }))).toContain('63');
		expect(sentenceOf(failed('NAME_TOO_LONG', { maxLetters: 63 }))).toMatch(/63(?!.*more than one)/);
		expect(sentenceOf(failed('NAME_TOO_LONG'))).not.toContain('undefined');
	});

	it('says of a password that is too long how long it may be', () => {
		expect(sentenceOf(failed('PASSWORD_UNUSABLE', { reason: 'length', max: 128 }))).toContain('128');
		expect(sentenceOf(failed('PASSWORD_UNUSABLE', { reason: 'characters' }))).toBe(
			sentenceOf(failed('PASSWORD_UNUSABLE')),
		);
	});

	it('never says of a server that refuses our login that it does not answer', () => {
		const refused = sentenceOf(failed('ENGINE_UNREACHABLE', { reason: 'login' }));
		expect(refused).not.toBe(sentenceOf(failed('ENGINE_UNREACHABLE')));
	});

	it('never sends somebody to an access key for a server of the project', () => {
		const said = (details: Record<string, string>) => sentenceOf(failed('COPY_SOURCE_LOGIN', details));
		for (const code of ['AccessDenied', 'InvalidAccessKeyId'])
			expect(said({ code, source: 'service' })).not.toBe(said({ code }));
		expect(said({ code: 'AccessDenied', source: 'service' })).toContain('sh0’s own login');
	});

	it('says of each statement that is not run why, and of an unknown reason that it is not', () => {
		const sentences = Object.keys(queryRefusalSentences).map((reason) =>
			sentenceOf(failed('QUERY_NOT_ALLOWED', { reason, command: 'insert', allowed: 'find', word: '$out' })),
		);
		expect(new Set([...sentences, sentenceOf(failed('QUERY_NOT_ALLOWED'))]).size).toBe(sentences.length + 1);
		expect(sentences.join(' ')).not.toMatch(/undefined|NaN/);
		expect(sentenceOf(failed('QUERY_NOT_ALLOWED', { reason: 'toString' }))).toBe(
			sentenceOf(failed('QUERY_NOT_ALLOWED')),
		);
	});

	it('says how long to wait', () => {
		expect(sentenceOf(failed('THROTTLED', { retryAfterSeconds: 61 }))).toContain('1 min');
	});

	it('reads the code, the field and plain details only', () => {
		expect(knownError(failed('NAME_TAKEN', { max: 3, odd: { deep: 1 } }, 'name'))).toEqual({
			code: 'NAME_TAKEN',
			field: 'name',
			details: { max: 3, requestId: 'r-1' },
		});
		expect(knownError(failed('NO_SUCH_CODE'))).toBeUndefined();
		expect(knownError(failed('toString'))).toBeUndefined();
		expect(knownError(undefined)).toBeUndefined();
	});

	it('takes an unknown stored code for an internal error', () => {
		expect(sentenceOfCode('NO_SUCH_CODE')).toBe(sentenceOfCode('INTERNAL'));
	});
});
