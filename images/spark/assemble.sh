#!/bin/bash
# Lays Spark out of PySpark's opened archive: assemble.sh <archive> <spark home>
set -euo pipefail
source=$1
home=$2
mkdir -p "$home"/{bin,conf,jobs,python/lib}
for program in find-spark-home load-spark-env.sh pyspark spark-class spark-sql spark-submit; do
    install -m 0755 "$source/deps/bin/$program" "$home/bin/$program"
done
cp -r "$source/LICENSE" "$source/NOTICE" "$source/deps/licenses" "$home/"

# Spark puts two archives on the path of every Python that it starts. Both names lead to one directory, where the modules lie
# compiled: out of an archive each start would compile them again.
cp -r "$source/pyspark" "$home/python/"
for archive in "$source"/lib/py4j-*-src.zip; do
    python3 -m zipfile -e "$archive" "$home/python"
    ln -s .. "$home/python/lib/$(basename "$archive")"
done
ln -s .. "$home/python/lib/pyspark.zip"
# Found valid without a look at the source's time, which a builder may set.
python3 -m compileall -q --invalidation-mode unchecked-hash "$home/python"
