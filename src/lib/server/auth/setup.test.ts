import { afterEach, beforeEach, expect, it } from 'vitest';
import { instance, members, projects, users } from '../db/schema';
import { createFirstOwner, requireSetupToken } from './setup';
import { openTestAuth, testPassword } from './testing';

let world: ReturnType<typeof openTestAuth>;
beforeEach(() => {
	world = openTestAuth();
});
afterEach(() => world.remove());

const wanted = { email: ' Ada@Example.org ', password: testPassword };
const issue = () => world.auth.issueSetupToken()?.reveal() ?? '';

it('takes the newest link alone, and stores its digest alone', () => {
	const older = issue();
	const newer = issue();
	expect(() => requireSetupToken(world.db, older)).toThrow('SETUP_LINK_INVALID');
	expect(() => requireSetupToken(world.db, '')).toThrow('SETUP_LINK_INVALID');
	expect(() => requireSetupToken(world.db, newer)).not.toThrow();
	expect(JSON.stringify(world.db.select().from(instance).all())).not.toContain(newer);
});

it("keeps the link's token out of the log", () => {
	const token = issue();
	expect(world.redactor.redact(`x ${token}`)).toBe('x [redacted]');
});

it('refuses every token where no link was ever made', () => {
	expect(() => requireSetupToken(world.db, '')).toThrow('SETUP_LINK_INVALID');
});

it('makes the owner with a project of their own, and ends the link', async () => {
	const token = issue();
	expect(world.auth.hasOwner()).toBe(false);
	const { userId, projectId } = await createFirstOwner(world, wanted);
	expect(world.auth.hasOwner()).toBe(true);
	expect(world.db.select().from(users).all()).toMatchObject([
		{ id: userId, email: 'ada@example.org', isInstanceOwner: true },
	]);
	expect(world.db.select().from(projects).all()).toMatchObject([{ id: projectId, name: 'Default' }]);
	expect(world.db.select().from(members).all()).toMatchObject([{ projectId, userId, role: 'owner' }]);
	expect(() => requireSetupToken(world.db, token)).toThrow('SETUP_DONE');
	expect(world.auth.issueSetupToken()).toBeNull();
});

it('makes one owner of two who press at once', async () => {
	const results = await Promise.allSettled([
		createFirstOwner(world, wanted),
		createFirstOwner(world, { ...wanted, email: 'eve@example.org' }),
	]);
	expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
	expect(world.db.select().from(users).all()).toHaveLength(1);
});

it('refuses a weak password', async () => {
	await expect(createFirstOwner(world, { ...wanted, password: 'short' })).rejects.toMatchObject({
		code: 'PASSWORD_TOO_WEAK',
		details: { reason: 'short' },
	});
	expect(world.auth.hasOwner()).toBe(false);
});
