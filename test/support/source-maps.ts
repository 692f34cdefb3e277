// Line numbers in a failure's stack are those of the source.
process.setSourceMapsEnabled(true);
