"""LLM backends, one a file, each through LlamaIndex's LLM interface. The only importers of llama_index.llms."""
