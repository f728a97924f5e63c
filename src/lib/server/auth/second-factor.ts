import { randomBytes } from 'node:crypto';
import { and, eq, isNull, lt, or } from 'drizzle-orm';
import { Secret as TotpSecret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import { writeTransaction, type Db } from '../db/client';
import { recoveryCodes, users } from '../db/schema';
import { AppError } from '../errors';
import { newId } from '../ids';
import type { Redactor } from '../log';
import { Secret } from '../secret';
import { cellAddress, type Vault } from '../vault';
import { sha256Hex } from './opaque-token';

const periodSeconds = 30;
const recoveryCodeCount = 10;
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

export type Enrollment = {
	/** otpauth://, for the authenticator app; holds the secret. */
	uri: Secret;
	/** The secret alone, base32, to type by hand. */
	secret: Secret;
	/** The URI as a QR code, an SVG document. */
	qrSvg: Secret;
};

type UserRow = typeof users.$inferSelect;

const totpFor = (secret: Secret, email: string) =>
	new TOTP({
		issuer: 'sh0',
		label: email,
		secret: TotpSecret.fromBase32(secret.reveal()),
		algorithm: 'SHA1',
		digits: 6,
		period: periodSeconds,
	});

/** 80 random bits as `abcd-efgh-ijkl-mnop`. */
function newRecoveryCode(): string {
	const text = [...randomBytes(16)].map((byte) => base32.charAt(byte & 31)).join('');
	return text.replace(/(.{4})(?=.)/g, '$1-');
}

/** Bound to the person, so that equal codes of two people do not look alike. */
const recoveryHash = (userId: string, code: string) =>
	sha256Hex(`${userId}|${code.toLowerCase().replace(/[^a-z2-7]/g, '')}`);

/** Codes by time (TOTP) and single-use recovery codes. */
export class SecondFactor {
	readonly #db: Db;
	readonly #vault: Vault;
	readonly #redactor: Redactor;

	/** The codes it makes are taught to the redactor. */
	constructor(db: Db, vault: Vault, redactor: Redactor) {
		this.#db = db;
		this.#vault = vault;
		this.#redactor = redactor;
	}

	/** Makes a secret that takes effect at `confirm`. Throws BAD_INPUT when a second factor is on already. */
	enroll(userId: string): Enrollment {
		const user = this.#user(userId);
		if (user.totpEnabledAt !== null)
			throw new AppError('BAD_INPUT', { message: 'the second factor is on already' });
		const secret = new Secret(new TotpSecret({ size: 20 }).base32);
		const totpCell = this.#vault.encrypt(cellAddress.totp(userId), secret);
		writeTransaction(this.#db, (tx) =>
			tx.update(users).set({ totpCell, totpLastStep: null }).where(eq(users.id, userId)).run(),
		);
		const uri = totpFor(secret, user.email).toString();
		return { uri: new Secret(uri), secret, qrSvg: new Secret(renderSVG(uri, { border: 2 })) };
	}

	/** Switches the enrolled secret on and answers the recovery codes, this once. Throws SECOND_FACTOR_WRONG. */
	confirm(userId: string, code: string): Secret[] {
		const user = this.#user(userId);
		if (user.totpEnabledAt !== null)
			throw new AppError('BAD_INPUT', { message: 'the second factor is on already' });
		if (!this.#acceptTotp(user, code)) throw new AppError('SECOND_FACTOR_WRONG', { field: 'code' });
		return writeTransaction(this.#db, (tx) => {
			tx.update(users).set({ totpEnabledAt: new Date() }).where(eq(users.id, userId)).run();
			return this.#replaceRecoveryCodes(tx, userId);
		});
	}

	/** New recovery codes; the old ones stop working. */
	renewRecoveryCodes(userId: string): Secret[] {
		return writeTransaction(this.#db, (tx) => this.#replaceRecoveryCodes(tx, userId));
	}

	disable(userId: string): void {
		writeTransaction(this.#db, (tx) => {
			const off = { totpCell: null, totpEnabledAt: null, totpLastStep: null };
			tx.update(users).set(off).where(eq(users.id, userId)).run();
			tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)).run();
		});
	}

	/** Takes a code of either kind and uses it up: the same one never works twice. */
	accept(user: UserRow, code: string): boolean {
		const digits = code.replace(/\s/g, '');
		return /^\d{6}$/.test(digits) ? this.#acceptTotp(user, digits) : this.#acceptRecoveryCode(user.id, code);
	}

	/** How many recovery codes are left. */
	recoveryCodesLeft(userId: string): number {
		const isLeft = and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt));
		return this.#db.select({ id: recoveryCodes.id }).from(recoveryCodes).where(isLeft).all().length;
	}

	#acceptTotp(user: UserRow, code: string): boolean {
		if (user.totpCell === null) return false;
		const secret = this.#vault.decrypt(cellAddress.totp(user.id), user.totpCell);
		const timestamp = Date.now();
		const delta = totpFor(secret, user.email).validate({ token: code, timestamp, window: 1 });
		if (delta === null) return false;
		const step = TOTP.counter({ period: periodSeconds, timestamp }) + delta;
		const isUnused = or(isNull(users.totpLastStep), lt(users.totpLastStep, step));
		const used = writeTransaction(this.#db, (tx) =>
			tx
				.update(users)
				.set({ totpLastStep: step })
				.where(and(eq(users.id, user.id), isUnused))
				.run(),
		);
		return used.changes === 1;
	}

	#acceptRecoveryCode(userId: string, code: string): boolean {
		const used = writeTransaction(this.#db, (tx) =>
			tx
				.update(recoveryCodes)
				.set({ usedAt: new Date() })
				.where(
					and(
						eq(recoveryCodes.userId, userId),
						eq(recoveryCodes.codeHash, recoveryHash(userId, code)),
						isNull(recoveryCodes.usedAt),
					),
				)
				.run(),
		);
		return used.changes === 1;
	}

	#user(userId: string): UserRow {
		const user = this.#db.select().from(users).where(eq(users.id, userId)).get();
		if (!user) throw new AppError('NOT_SIGNED_IN');
		return user;
	}

	#replaceRecoveryCodes(tx: Db, userId: string): Secret[] {
		const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode);
		tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)).run();
		for (const code of codes) this.#redactor.add(code);
		const rows = codes.map((code) => ({
			id: newId('recoveryCode'),
			userId,
			codeHash: recoveryHash(userId, code),
		}));
		tx.insert(recoveryCodes).values(rows).run();
		return codes.map((code) => new Secret(code));
	}
}
