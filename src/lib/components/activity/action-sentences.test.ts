import { describe, expect, it } from 'vitest';
import { proceduresOf } from '$lib/server/testing/procedures';
import { policyRow } from '$lib/server/auth/policy';
import { ownKinds } from '$lib/server/services/system-actions';
import { instanceActions, knownActions, projectActions } from './action-sentences';

const mutations = proceduresOf().flatMap(({ path, type }) => (type === 'mutation' ? [path] : []));
/** What sh0 begins by itself stands on record under the name of the procedure that a person would call. */
const operations = ownKinds.map((kind) => kind.replace('service.', 'services.'));

describe('actions of the record', () => {
	it('finds the mutations at all', () => {
		expect(mutations.length).toBeGreaterThan(20);
	});

	it.each([...new Set([...mutations, ...operations])])('%s has its sentence', (action) => {
		expect(knownActions).toContain(action);
	});

	it('offers those that belong to a project, and no other', () => {
		const inProjects = [...mutations, 'objects.write'].filter((path) => 'role' in (policyRow(path) ?? {}));
		const begunByItself = projectActions.filter((action) => policyRow(action) === undefined);
		expect([...projectActions].sort()).toEqual([...inProjects, ...begunByItself].sort());
	});

	it('offers the others where what belongs to no project is shown', () => {
		const beyond = mutations.filter((path) => !('role' in (policyRow(path) ?? {})));
		expect(instanceActions).toEqual(expect.arrayContaining(beyond));
		expect(instanceActions.filter((action) => projectActions.includes(action))).toEqual([]);
	});
});
