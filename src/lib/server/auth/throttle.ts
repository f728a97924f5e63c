import { and, eq, like, lt, not, or } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { loginAttempts } from '../db/schema';
import { AppError } from '../errors';
import { newOpaqueToken, sha256Hex } from './opaque-token';

const freeFailures = 5;
const maxBlockMs = 15 * 60_000;
const dayMs = 24 * 60 * 60_000;
const knownDeviceMs = 180 * dayMs;

/** One try of a password or code. It counts as failed from the start; exactly one of the two takes that back. */
export type Attempt = {
	/** All right: the count starts anew. */
	succeed(): void;
	/** Nothing was guessed (a code is still missing, the machine was too busy): this try does not count. */
	forgive(): void;
};

const devicePrefix = 'device:';
export const accountKey = (email: string) => `account:${sha256Hex(email)}`;
const deviceKey = (email: string, deviceToken: string) =>
	`${devicePrefix}${sha256Hex(`${email}|${deviceToken}`)}`;

/** Of the browser alone, whatever account it signed in to. */
const browserKey = (deviceToken: string) => `${devicePrefix}any:${sha256Hex(deviceToken)}`;

/** 1 s after the fifth failure, doubling, 15 min at most: a guesser cannot lock the owner out for ever. */
function blockMs(failures: number): number {
	return failures < freeFailures ? 0 : Math.min(1000 * 2 ** (failures - freeFailures), maxBlockMs);
}

const isDevice = like(loginAttempts.key, `${devicePrefix}%`);

function countTry(tx: Db, key: string): void {
	const now = Date.now();
	const row = tx.select().from(loginAttempts).where(eq(loginAttempts.key, key)).get();
	const waitMs = (row?.blockedUntil?.getTime() ?? 0) - now;
	if (waitMs > 0) {
		throw new AppError('THROTTLED', { details: { retryAfterSeconds: Math.ceil(waitMs / 1000) } });
	}
	const failures = (row?.failures ?? 0) + 1;
	const block = blockMs(failures);
	const values = {
		failures,
		lastFailureAt: new Date(now),
		blockedUntil: block === 0 ? null : new Date(now + block),
	};
	tx.insert(loginAttempts)
		.values({ key, ...values })
		.onConflictDoUpdate({ target: loginAttempts.key, set: values })
		.run();
}

function uncountTry(tx: Db, key: string): void {
	const row = tx.select().from(loginAttempts).where(eq(loginAttempts.key, key)).get();
	if (!row) return;
	const failures = Math.max(0, row.failures - 1);
	const blockedUntil = failures < freeFailures ? null : row.blockedUntil;
	tx.update(loginAttempts).set({ failures, blockedUntil }).where(eq(loginAttempts.key, key)).run();
}

/** A device's row stays: that it exists is what makes the device known. */
function reset(tx: Db, key: string): void {
	if (key.startsWith(devicePrefix)) {
		const values = { failures: 0, blockedUntil: null, lastFailureAt: new Date() };
		tx.update(loginAttempts).set(values).where(eq(loginAttempts.key, key)).run();
		return;
	}
	tx.delete(loginAttempts).where(eq(loginAttempts.key, key)).run();
}

/**
 * Counts tries per account over all addresses, in the database, so that neither a batch nor many addresses nor a restart gets
 * round it. A browser that has signed in to the account before is counted apart, so that strangers' tries do not lock it out.
 */
export class LoginThrottle {
	readonly #db: Db;

	constructor(db: Db) {
		this.#db = db;
	}

	/** Counts a try before anything is verified. Throws THROTTLED (details.retryAfterSeconds) while the account is blocked. */
	begin(email: string, deviceToken: string | null): Attempt {
		const key =
			deviceToken !== null && this.isKnownDevice(email, deviceToken)
				? deviceKey(email, deviceToken)
				: accountKey(email);
		writeTransaction(this.#db, (tx) => countTry(tx, key));
		return {
			succeed: () => writeTransaction(this.#db, (tx) => reset(tx, key)),
			forgive: () => writeTransaction(this.#db, (tx) => uncountTry(tx, key)),
		};
	}

	/** True when this browser has signed in to this account before. */
	isKnownDevice(email: string, deviceToken: string): boolean {
		const row = this.#db
			.select({ key: loginAttempts.key })
			.from(loginAttempts)
			.where(eq(loginAttempts.key, deviceKey(email, deviceToken)))
			.get();
		return row !== undefined;
	}

	/** True when this browser has signed in to any account before. */
	isKnownBrowser(deviceToken: string): boolean {
		const isIt = eq(loginAttempts.key, browserKey(deviceToken));
		return this.#db.select({ key: loginAttempts.key }).from(loginAttempts).where(isIt).get() !== undefined;
	}

	/** Makes the browser known to the account; answers its token, the same one when it is known already. */
	rememberDevice(email: string, deviceToken: string | null): string {
		const isKnown = deviceToken !== null && this.isKnownDevice(email, deviceToken);
		const token = isKnown ? deviceToken : newOpaqueToken();
		const fresh = { failures: 0, lastFailureAt: new Date() };
		writeTransaction(this.#db, (tx) => {
			for (const key of isKnown ? [browserKey(token)] : [browserKey(token), deviceKey(email, token)]) {
				tx.insert(loginAttempts)
					.values({ key, ...fresh })
					.onConflictDoUpdate({ target: loginAttempts.key, set: fresh })
					.run();
			}
		});
		return token;
	}

	/** Forgets what no longer matters; call it now and then. */
	purge(): void {
		const before = (ageMs: number) => new Date(Date.now() - ageMs);
		writeTransaction(this.#db, (tx) =>
			tx
				.delete(loginAttempts)
				.where(
					or(
						lt(loginAttempts.lastFailureAt, before(knownDeviceMs)),
						and(not(isDevice), lt(loginAttempts.lastFailureAt, before(dayMs))),
					),
				)
				.run(),
		);
	}
}
