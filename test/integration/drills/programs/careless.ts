// The sentinel's program, for drills with the real CLI: see test/unit/fixtures/careless.ts.
export * from "../../../unit/fixtures/careless";
