import type { Audit } from '../audit/audit';
import type { Db } from '../db/client';
import type { Docker, DockerNames } from '../docker';
import type { EngineDefinition } from '../engines/engine';
import { isAppError } from '../errors';
import type { Secret } from '../secret';
import type { Vault } from '../vault';
import { checkActualIsDesired, checkPorts, checkRowsMatchDocker } from './checks/docker-checks';
import { checkNoLeftovers, checkNothingInside } from './checks/leftover-checks';
import { takePicture, type Picture } from './checks/picture';
import { checkAudit, checkDatabase, checkLeases } from './checks/record-checks';
import { checkNoClearText, checkSecretsLogIn } from './checks/secret-checks';

export type InvariantDeps = {
	db: Db;
	docker: Docker;
	names: DockerNames;
	vault: Vault;
	audit: Audit;
	engineById: (id: string) => EngineDefinition;
	dataDir: string;
};

export type InvariantOptions = {
	/** How young an audit intent may be to count as still being carried out; default 60 s, 0 when nothing can be under way. */
	inFlightMs?: number;
	/** Secrets to search files for beside those in the vault, such as a token made in a test. */
	extraSecrets?: Secret[];
};

/** `number`: as in docs/operations.md. */
export type Invariant = { number: number; name: string; ok: boolean; problems: string[] };

type Check = { number: number; name: string; run: () => string[] | Promise<string[]> };

const IN_FLIGHT_MS = 60_000;
const DOCKER_SILENT = 'Docker does not answer, so this could not be checked.';

async function outcomeOf({ number, name, run }: Check): Promise<Invariant> {
	try {
		const problems = await run();
		return { number, name, ok: problems.length === 0, problems };
	} catch (error) {
		const problem = isAppError(error, 'DOCKER_UNAVAILABLE')
			? DOCKER_SILENT
			: `The check itself failed: ${error instanceof Error ? error.message : String(error)}`;
		return { number, name, ok: false, problems: [problem] };
	}
}

/**
 * What must hold after every fault, whatever happened: see docs/operations.md for what each one means. Reads only; services with an
 * operation under way are passed over. Throws nothing: a check that cannot be made is not ok.
 */
export async function checkInvariants(
	deps: InvariantDeps,
	options: InvariantOptions = {},
): Promise<Invariant[]> {
	const { db, docker } = deps;
	const picture = takePicture(deps);
	picture.catch(() => {});
	const withPicture = (check: (picture: Picture) => string[] | Promise<string[]>) => async () =>
		check(await picture);
	const checks: Check[] = [
		{ number: 1, name: 'Docker and the records match', run: withPicture(checkRowsMatchDocker) },
		{ number: 2, name: 'No operation outlives its lease', run: () => checkLeases(db) },
		{ number: 3, name: 'Ports are unique and as recorded', run: withPicture(checkPorts) },
		{
			number: 4,
			name: 'Exactly one stored root password works',
			run: withPicture((taken) => checkSecretsLogIn(deps, taken)),
		},
		{
			number: 5,
			name: 'The audit record is whole',
			run: () => checkAudit(deps, { inFlightMs: options.inFlightMs ?? IN_FLIGHT_MS }),
		},
		{ number: 7, name: 'No file holds a secret', run: () => checkNoClearText(deps, options.extraSecrets) },
		{ number: 8, name: 'The database is sound', run: () => checkDatabase(db) },
		{
			number: 9,
			name: 'Nothing is left running inside containers',
			run: withPicture((taken) => checkNothingInside(docker, taken)),
		},
		{ number: 11, name: 'Services are as they should be', run: withPicture(checkActualIsDesired) },
		{
			number: 12,
			name: 'Nothing is left half-done in the data folder',
			run: () => checkNoLeftovers(deps.dataDir),
		},
	];
	const results: Invariant[] = [];
	for (const check of checks) results.push(await outcomeOf(check));
	return results;
}
