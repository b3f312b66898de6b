# Met in code of people who come from Java: every layer is private.
# torch.jit.script: has no attribute '__query_layer'
import torch
import torch.nn as nn


class QueryAttention(nn.Module):
    def __init__(self, query_dim, hidden_dim):
        super(QueryAttention, self).__init__()
        self.__query_layer = nn.Linear(query_dim, hidden_dim)
        self.__key_layer = nn.Linear(query_dim, hidden_dim)

    def forward(self, input_query, input_key):
        linear_query = self.__query_layer(input_query)
        linear_key = self.__key_layer(input_key)
        return torch.softmax(linear_query @ linear_key.t(), dim=-1)


def examples():
    yield QueryAttention(3, 4), (torch.rand(2, 3), torch.rand(2, 3))
