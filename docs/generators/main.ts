import { writeFileSync } from "node:fs";

import { pages } from "./pages";

for (const { file, text } of pages()) writeFileSync(file, text);
