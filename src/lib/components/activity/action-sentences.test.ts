import { describe, expect, it } from 'vitest';
import { proceduresOf } from '$lib/server/testing/procedures';
import { operationKinds } from '$lib/shared/operations';
import { knownActions } from './action-sentences';

const mutations = proceduresOf().flatMap(({ path, type }) => (type === 'mutation' ? [path] : []));
/** What sh0 begins by itself stands on record under the name of the procedure that a person would call. */
const operations = operationKinds.map((kind) => kind.replace('service.', 'services.'));

describe('actions of the record', () => {
	it('finds the mutations at all', () => {
		expect(mutations.length).toBeGreaterThan(20);
	});

	it.each([...new Set([...mutations, ...operations])])('%s has its sentence', (action) => {
		expect(knownActions).toContain(action);
	});
});
