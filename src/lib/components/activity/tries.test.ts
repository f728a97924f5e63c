import { expect, it } from 'vitest';
import { Attempts } from '$lib/server/audit/attempts';
import type { AuditIntent } from '$lib/server/audit/audit';
import { triesOf } from './tries';

it('reads what the record holds of counted attempts', () => {
	const written: AuditIntent[] = [];
	const audit = { intent: (entry: AuditIntent) => written.push(entry), outcome: () => {} };
	const book = new Attempts({ audit, outcome: 'failed', perKey: 0, total: 0 });
	const actor = { kind: 'anonymous', id: null, label: 'anonymous' } as const;
	const entry = { action: 'auth.login', actor, projectId: null, ip: '192.0.2.1' };
	for (let index = 0; index < 12; index += 1) book.count('a', entry);
	book.flush({ isForced: true });
	expect(written.map(({ detail = null }) => triesOf({ detail }))).toEqual([12]);
});

it.each([null, '{"name":"{\\"tries\\":3,"}', '{"tries":"many"}'])(
	'takes %j for an action of its own',
	(detail) => {
		expect(triesOf({ detail })).toBeNull();
	},
);
