"""Writes and reads RecordIO with SageMaker's own Python SDK: `records.py write` prints streams of the rows on standard
input, by name and in base64; `records.py read` prints the labels of each record of the streams there."""

import base64
import io
import json
import os
import sys
import types

# The SDK as a whole imports half of PyPI. What writes records are two of its modules, which want this of the rest.
root = next(path for path in sys.path if os.path.isdir(os.path.join(path, "sagemaker")))
sagemaker = types.ModuleType("sagemaker")
sagemaker.__path__ = [os.path.join(root, "sagemaker")]
utils = types.ModuleType("sagemaker.utils")
utils.DeferredError = type("DeferredError", (), {"__init__": lambda self, error: None})
sys.modules.update({"sagemaker": sagemaker, "sagemaker.utils": utils})

import numpy
import scipy.sparse
from sagemaker.serializer_utils import (
    read_records,
    write_numpy_to_dense_tensor,
    write_spmatrix_to_sparse_tensor,
)


def stream(write, rows, labels=None):
    buffer = io.BytesIO()
    write(buffer, rows, labels)
    return base64.b64encode(buffer.getvalue()).decode()


def write(rows):
    table = numpy.array(rows)
    labels = numpy.ones(len(rows))
    return {
        "float32": stream(write_numpy_to_dense_tensor, table.astype("float32")),
        "float64": stream(write_numpy_to_dense_tensor, table.astype("float64"), labels),
        # What numpy has in 64 bits the SDK writes in 32.
        "int32": stream(write_numpy_to_dense_tensor, table.astype("int64"), labels.astype("int64")),
        "sparse": stream(write_spmatrix_to_sparse_tensor, scipy.sparse.csr_matrix(table)),
    }


def read(streams):
    def label(value):
        return [float(number) for number in value.float32_tensor.values]

    return [
        [{name: label(value) for name, value in record.label.items()} for record in records]
        for records in (read_records(io.BytesIO(base64.b64decode(text))) for text in streams)
    ]


print(json.dumps({"write": write, "read": read}[sys.argv[1]](json.load(sys.stdin))))
