"""Which kernel runs: the fast one for real numbers, the textbook for complex ones."""

from seqkit.kernels import reference
from seqkit.kernels.passes import Kernel

lstm: Kernel = reference.lstm
rnn_tanh: Kernel = reference.rnn_tanh
rnn_relu: Kernel = reference.rnn_relu
gru_after: Kernel = reference.gru_after
gru_before: Kernel = reference.gru_before
