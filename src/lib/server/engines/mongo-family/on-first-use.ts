import type { DatabaseAdmin, EngineTarget, Lifecycle } from '../engine';
import type { Dialect } from './dialect';

type Speaker = Pick<Lifecycle, 'probe' | 'setRootPassword'> & {
	connect(target: EngineTarget): Promise<DatabaseAdmin>;
};

/** What speaks to a server, loaded when it is first asked: a panel without one does without the driver and the 12 MB that it takes. */
export function onFirstUse(dialect: Dialect): Speaker {
	const login = async () => (await import('./lifecycle')).rootLogin(dialect);
	return {
		probe: async (target, signal) => (await login()).probe(target, signal),
		setRootPassword: async (target, next) => (await login()).setRootPassword(target, next),
		connect: async (target) => (await import('./admin')).connectAdmin(dialect, target),
	};
}
