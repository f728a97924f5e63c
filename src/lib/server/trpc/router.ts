import { activityRouter } from '../activity/router';
import { authRouter, sessionsRouter, tokensRouter } from '../auth/router';
import { browserRouter, databaseSessionsRouter } from '../databases/live-router';
import { databasesRouter, databaseUsersRouter, secretsRouter } from '../databases/router';
import { operationsRouter } from '../operations/router';
import { invitationsRouter, membersRouter, projectsRouter } from '../projects/router';
import { servicesRouter } from '../services/router';
import { storageCopiesRouter } from '../storage/copies/router';
import { objectsRouter } from '../storage/objects/router';
import { bucketsRouter, storageKeysRouter } from '../storage/router';
import { router } from './init';

/** The whole API. Each procedure's row in `auth/policy.ts` says who may call it. */
export const appRouter = router({
	activity: activityRouter,
	auth: authRouter,
	browser: browserRouter,
	buckets: bucketsRouter,
	databases: databasesRouter,
	databaseSessions: databaseSessionsRouter,
	databaseUsers: databaseUsersRouter,
	invitations: invitationsRouter,
	members: membersRouter,
	objects: objectsRouter,
	operations: operationsRouter,
	projects: projectsRouter,
	secrets: secretsRouter,
	services: servicesRouter,
	sessions: sessionsRouter,
	storageCopies: storageCopiesRouter,
	storageKeys: storageKeysRouter,
	tokens: tokensRouter,
});

export type AppRouter = typeof appRouter;
