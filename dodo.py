from director.dodo import load
DOIT_CONFIG, graph = load(__file__)
