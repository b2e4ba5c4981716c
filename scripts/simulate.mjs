/** `npm run simulate`: installs, compiles `src` and `simulation`, and leads its lives. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("simulation");
