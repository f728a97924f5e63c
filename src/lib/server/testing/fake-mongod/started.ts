import { mongodb } from '../../engines/mongodb/definition';
import type { DatabaseAdmin, EngineTarget } from '../../engines/engine';
import { isAppError } from '../../errors';
import { Secret } from '../../secret';
import { FakeMongod } from './fake-mongod';

export type StartedFake = {
	fake: FakeMongod;
	target: EngineTarget;
	admin: DatabaseAdmin;
	stop(): Promise<void>;
};

/** A fake server with sh0's MongoDB engine connected to it. */
export async function startFake(): Promise<StartedFake> {
	const password = new Secret('root-pass-word-1');
	const fake = await FakeMongod.start(password.reveal());
	const target = { host: '127.0.0.1', port: fake.port, user: 'root', password, version: '8' };
	const admin = await mongodb.databaseAdmin?.connect(target);
	if (!admin) throw new Error('the engine has no databases');
	return {
		fake,
		target,
		admin,
		async stop() {
			await admin.close();
			await fake.stop();
		},
	};
}

/** The code and details an attempt was refused with, or null when it was carried out. */
export async function refusal(
	attempt: Promise<unknown> | undefined,
): Promise<Record<string, unknown> | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		if (isAppError(error)) return { code: error.code, ...error.details };
		throw error;
	}
}
