import { describe, expect, it } from 'vitest';
import { ferretdb } from './definition';

describe('what FerretDB cannot do', () => {
	it('has no reason that promises rights of users, since it enforces none', () => {
		const matrix = ferretdb.databaseAdmin?.capabilities('2');
		expect(matrix).toMatchObject({
			...{ grants: 'standInRoles', access: 'standInRoles', owners: 'standInRoles' },
			queryWrites: 'standInWrites',
		});
	});
});
