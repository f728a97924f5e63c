import { eq } from 'drizzle-orm';
import type { Db } from '../db/client';
import { users } from '../db/schema';
import { AppError } from '../errors';
import type { Secret } from '../secret';
import type { Identity } from './identity';
import { verifyPassword } from './passwords';
import type { SecondFactor } from './second-factor';
import type { ClientFacts, Sessions } from './sessions';
import type { Attempt, LoginThrottle } from './throttle';

export type SignInDeps = { db: Db; sessions: Sessions; secondFactor: SecondFactor; throttle: LoginThrottle };

export type Proof = {
	/** Lower case. */
	email: string;
	password: string;
	/** From the authenticator app or a recovery code; null when none was asked for yet. */
	code: string | null;
	/** The browser's own token, when it has signed in here before. */
	deviceToken: string | null;
	/** Called once the password is right, before anything of the account changes. What it throws ends the sign-in. */
	onPasswordRight?: () => void;
};

type UserRow = typeof users.$inferSelect;

export type SignedIn = { user: UserRow; sessionToken: Secret; deviceToken: string };

/**
 * The person who knows this password and code. Every try is counted before anything is verified. Throws LOGIN_FAILED (also for an
 * unknown address, after the same time), SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG, THROTTLED.
 */
export async function prove(deps: SignInDeps, proof: Proof): Promise<UserRow> {
	const attempt = deps.throttle.begin(proof.email, proof.deviceToken);
	const user = deps.db.select().from(users).where(eq(users.email, proof.email)).get();
	const isRight = await forgivingBusyness(attempt, () =>
		verifyPassword(user?.passwordHash ?? null, proof.password),
	);
	if (!user || !isRight) throw new AppError('LOGIN_FAILED', { field: 'password' });
	if (user.totpEnabledAt !== null) {
		if (proof.code === null) {
			attempt.forgive();
			throw new AppError('SECOND_FACTOR_REQUIRED', { field: 'code' });
		}
		const code = proof.code;
		proof.onPasswordRight?.();
		// Sealed, it cannot be verified.
		if (!(await forgivingBusyness(attempt, async () => deps.secondFactor.accept(user, code)))) {
			throw new AppError('SECOND_FACTOR_WRONG', { field: 'code' });
		}
	} else proof.onPasswordRight?.();
	attempt.succeed();
	return user;
}

/** A try that was never verified was no guess. */
async function forgivingBusyness<T>(attempt: Attempt, run: () => Promise<T>): Promise<T> {
	try {
		return await run();
	} catch (error) {
		attempt.forgive();
		throw error;
	}
}

/** Proves the person and begins a session, always a new one: whatever cookie the browser came with counts for nothing. */
export async function signIn(deps: SignInDeps, request: Proof & ClientFacts): Promise<SignedIn> {
	const user = await prove(deps, request);
	return beginSession(deps, user, request);
}

/** A session for a person who was proven. */
export async function beginSession(
	deps: SignInDeps,
	user: UserRow,
	client: ClientFacts & { deviceToken: string | null },
): Promise<SignedIn> {
	const sessionToken = await deps.sessions.create(user.id, client);
	const deviceToken = deps.throttle.rememberDevice(user.email, client.deviceToken);
	return { user, sessionToken, deviceToken };
}

/**
 * Asks a signed-in person for their password again (and a code, when the second factor is on) before something grave. Counted as
 * any login, so a stolen session cannot guess either.
 */
export function proveAgain(
	deps: SignInDeps,
	identity: Identity,
	proof: Omit<Proof, 'email'>,
): Promise<UserRow> {
	return prove(deps, { ...proof, email: identity.user.email });
}
