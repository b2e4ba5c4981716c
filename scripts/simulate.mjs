/** `npm run simulate`: installs, compiles `src` and `simulation`, and leads the lives of clusters. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("simulation");
