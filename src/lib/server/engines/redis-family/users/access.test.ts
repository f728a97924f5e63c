import { describe, expect, it } from 'vitest';
import { inLastingOrder, parseUser, rulesOf } from './access';

const names = {
	categories: new Set(['all', 'read']),
	commands: new Set(['get', 'config|get', 'json.get', 'client|no-evict']),
};

describe('rules', () => {
	it('are words of the engine, one each', () => {
		const access = {
			keyPatterns: ['app:*', '%R~shared:*', '~x', '%x'],
			channelPatterns: ['news.*', '&x'],
			commands: ['+@all', '-@read', '+get', '-config', '+config|get', '+json.get', '+get|first'],
		};
		expect(rulesOf(access, names)).toEqual([
			...['~app:*', '%R~shared:*', '~~x', '~%x', '&news.*', '&&x'],
			...['+@all', '-@read', '+get', '-config', '+config|get', '+json.get', '+get|first'],
		]);
	});

	it('are read from a list, with what is in brackets left out', () => {
		expect(
			parseUser('user a on sanitize-payload #ab ~app:* %W~log:* resetchannels &n -@all +get (~x -@all +set)'),
		).toEqual({
			name: 'a',
			isOn: true,
			access: { keyPatterns: ['app:*', '%W~log:*'], channelPatterns: ['n'], commands: ['+get'] },
			rules: [
				...['on', 'sanitize-payload', '#ab', '~app:*', '%W~log:*', 'resetchannels', '&n', '-@all', '+get'],
				'(~x -@all +set)',
			],
		});
		expect(parseUser('user (on off nopass ~* &* +@all -get').access).toEqual({
			...{ keyPatterns: ['*'], channelPatterns: ['*'], commands: ['+@all', '-get'] },
		});
		expect(parseUser('user (on off nopass ~* &* +@all').isOn).toBe(false);
	});

	it('stay in an order that means the same where the server has none', () => {
		const wanted = ['+@hash', '-@set', '-client', '+client|list', '+get', '-hset'];
		expect(inLastingOrder(['+@hash', '-@set', '-hset', '-client', '+client|list', '+get'])).toEqual(wanted);
		expect(inLastingOrder(['+@hash', '+get', '-client', '+client|list', '-@set', '-hset'])).toEqual(wanted);
	});

	it('come out as they went in', () => {
		const access = { keyPatterns: ['\\%R~x', 'a(b)', '('], channelPatterns: [], commands: [] };
		const line = `user a on ${rulesOf(access, names).join(' ')} resetchannels -@all`;
		expect(parseUser(line).access.keyPatterns).toEqual(['\\%R~x', 'a(b)', '(']);
	});
});
