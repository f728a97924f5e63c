import { availableParallelism } from 'node:os';
import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { passwordProblem } from '$lib/shared/password-strength';
import { AppError } from '../errors';
import { Gate } from './gate';

/** argon2id (the library's default kind), 46 MiB: about 40 ms on one core. */
const cost = { memoryCost: 47_104, timeCost: 1, parallelism: 1 };

/** At most as many hashes at once as cores, so that logins can neither fill the memory nor starve the process. */
const gate = new Gate({ limit: availableParallelism(), maxWaiting: 64 });

let dummyHash: Promise<string> | undefined;

/** The same password typed on another keyboard may arrive in another Unicode form. */
const canonical = (password: string) => password.normalize('NFKC');

/** Throws PASSWORD_TOO_WEAK (details.reason: see `passwordProblem`) unless the person may use this password. */
export function requireUsablePassword(password: string, email: string, field = 'password'): void {
	const reason = passwordProblem(password, email);
	if (reason !== null) throw new AppError('PASSWORD_TOO_WEAK', { field, details: { reason } });
}

/** The password as a PHC string. Throws THROTTLED when too many wait already. */
export function hashPassword(password: string): Promise<string> {
	return gate.run(() => hash(canonical(password), cost));
}

/**
 * True when the password belongs to the hash. For an unknown user pass null: it takes as long and answers false, so that time
 * tells nothing; so does a hash that is none. Throws THROTTLED when too many wait already.
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
	dummyHash ??= hash(randomBytes(32).toString('hex'), cost);
	const isUsable = passwordHash?.startsWith('$argon2id$') ?? false;
	const known = isUsable && passwordHash !== null ? passwordHash : await dummyHash;
	const isRight = await gate.run(() => verify(known, canonical(password)));
	return isRight && isUsable;
}
