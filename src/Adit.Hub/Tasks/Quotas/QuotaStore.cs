using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>The quotas in the database.</summary>
internal sealed class QuotaStore(Database database, TimeProvider time)
{
    /// <summary>All of them.</summary>
    public Task<IReadOnlyList<Quota>> ListAsync() => database.ReadAsync<IReadOnlyList<Quota>>(static connection =>
        [.. connection.Query<Row>("SELECT kind, name, tasks, cpu, memory, gpus, gpu_hours, storage, version FROM quotas").Select(static r => r.ToQuota())]);

    /// <summary>Stores one as it shall be, and what the audit log is told.</summary>
    public Task SaveAsync(Quota quota, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute(
            """
            INSERT INTO quotas (kind, name, tasks, cpu, memory, gpus, gpu_hours, storage, version)
            VALUES (@Kind, @Name, @Tasks, @Cpu, @MemoryBytes, @Gpus, @GpuHours, @StorageBytes, @Version)
            ON CONFLICT (kind, name) DO UPDATE SET tasks = excluded.tasks, cpu = excluded.cpu, memory = excluded.memory, gpus = excluded.gpus,
                gpu_hours = excluded.gpu_hours, storage = excluded.storage, version = excluded.version
            """,
            new
            {
                Kind = quota.Subject.Kind.ToString(),
                quota.Subject.Name,
                quota.Limits.Tasks,
                quota.Limits.Cpu,
                quota.Limits.MemoryBytes,
                quota.Limits.Gpus,
                quota.Limits.GpuHours,
                quota.Limits.StorageBytes,
                quota.Version,
            });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Removes one.</summary>
    public Task RemoveAsync(QuotaSubject subject, AuditEntry? entry) => database.WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM quotas WHERE kind = @Kind AND name = @Name", new { Kind = subject.Kind.ToString(), subject.Name });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    private sealed class Row
    {
        public string Kind { get; set; } = "";

        public string Name { get; set; } = "";

        public int? Tasks { get; set; }

        public double? Cpu { get; set; }

        public long? Memory { get; set; }

        public int? Gpus { get; set; }

        public double? Gpu_hours { get; set; }

        public long? Storage { get; set; }

        public long Version { get; set; }

        public Quota ToQuota() => new(
            new QuotaSubject(Enum.Parse<QuotaKind>(Kind), Name),
            new SetQuotaRequest { Tasks = Tasks, Cpu = Cpu, MemoryBytes = Memory, Gpus = Gpus, GpuHours = Gpu_hours, StorageBytes = Storage },
            Version);
    }
}
