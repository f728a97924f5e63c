import { describeHostileMongo } from '../../testing/hostile-mongo';
import { ferretdb } from './definition';

// Its users are roles of the PostgreSQL below it.
describeHostileMongo(ferretdb, '2', /^(postgres|public|none|pg_.*|documentdb.*)$/iu);
