"""Any program that speaks the Agent Client Protocol (https://agentclientprotocol.com) as a backend."""
