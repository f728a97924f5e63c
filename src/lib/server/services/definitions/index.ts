import type { AnyOperation } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { configureOperation } from './configure';
import { createOperation } from './create';
import { repairOperation, restartOperation, startOperation, stopOperation } from './lifecycle';
import { resizeOperation } from './resize';
import { rotateRootOperation } from './rotate-root';
import { purgeOperation, removeOperation, restoreOperation } from './trash';
import { upgradeOperation } from './upgrade';

/** Every kind of long work on a service. */
export function serviceOperations(deps: ServiceDeps): AnyOperation[] {
	return [
		createOperation(deps),
		startOperation(deps),
		stopOperation(deps),
		restartOperation(deps),
		repairOperation(deps),
		resizeOperation(deps),
		configureOperation(deps),
		upgradeOperation(deps),
		removeOperation(deps),
		restoreOperation(deps),
		purgeOperation(deps),
		rotateRootOperation(deps),
	];
}
