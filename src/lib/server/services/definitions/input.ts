import { z } from 'zod';

/** For operations that need nothing but their service. */
export const noInput = z.strictObject({});
