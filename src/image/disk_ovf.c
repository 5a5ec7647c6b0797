#include "image/disk_ova.h"

/*
 * One machine: a processor, 2 GiB of memory, a SATA controller with the disk, a network
 * card, UEFI: of what vSphere and VirtualBox both take, what Debian's kernels have drivers
 * for (docs/formats/ova.md). Children of an Item stand in alphabetical order, as the schema wants.
 */

#define MEMORY_MIB 2048u
#define OS_DEBIAN_64 96u /* CIM_OperatingSystem.OsType */

/* CIM_ResourceAllocationSettingData.ResourceType */
enum resource_type {
	RESOURCE_PROCESSOR = 3,
	RESOURCE_MEMORY = 4,
	RESOURCE_ETHERNET = 10,
	RESOURCE_DISK = 17,
	RESOURCE_OTHER_STORAGE = 20,
};

enum instance { INSTANCE_CPU = 1, INSTANCE_MEMORY, INSTANCE_SATA, INSTANCE_DISK, INSTANCE_NET };

static void add_envelope(struct buf *to)
{
	buf_add_cstr(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"\n"
			 "          xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"\n"
			 "          xmlns:rasd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
			 "CIM_ResourceAllocationSettingData\"\n"
			 "          xmlns:vssd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
			 "CIM_VirtualSystemSettingData\"\n"
			 "          xmlns:vmw=\"http://www.vmware.com/schema/ovf\">\n");
}

static void add_disk_sections(struct str name, uint64_t disk_size, uint64_t capacity,
			      struct buf *to)
{
	buf_printf(to,
		   "  <References>\n"
		   "    <File ovf:href=\"" STR_FMT ".vmdk\" ovf:id=\"file1\" ovf:size=\"%llu\"/>\n"
		   "  </References>\n",
		   STR_ARG(name), (unsigned long long)disk_size);
	buf_printf(to,
		   "  <DiskSection>\n"
		   "    <Info>Virtual disks</Info>\n"
		   "    <Disk ovf:capacity=\"%llu\" ovf:capacityAllocationUnits=\"byte\""
		   " ovf:diskId=\"disk1\" ovf:fileRef=\"file1\" ovf:format=\""
		   "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
		   "\"/>\n"
		   "  </DiskSection>\n",
		   (unsigned long long)capacity);
	buf_add_cstr(to, "  <NetworkSection>\n"
			 "    <Info>Logical networks</Info>\n"
			 "    <Network ovf:name=\"VM Network\">\n"
			 "      <Description>The network of the machine</Description>\n"
			 "    </Network>\n"
			 "  </NetworkSection>\n");
}

static void open_item(struct buf *to)
{
	buf_add_cstr(to, "      <Item>\n");
}

static void add_text(struct buf *to, const char *element, const char *text)
{
	buf_printf(to, "        <rasd:%s>%s</rasd:%s>\n", element, text, element);
}

static void add_number(struct buf *to, const char *element, unsigned value)
{
	buf_printf(to, "        <rasd:%s>%u</rasd:%s>\n", element, value, element);
}

static void close_item(struct buf *to)
{
	buf_add_cstr(to, "      </Item>\n");
}

static void add_cpu_and_memory(struct buf *to)
{
	open_item(to);
	add_text(to, "AllocationUnits", "hertz * 10^6");
	add_text(to, "Caption", "1 virtual CPU");
	add_text(to, "ElementName", "1 virtual CPU");
	add_number(to, "InstanceID", INSTANCE_CPU);
	add_number(to, "ResourceType", RESOURCE_PROCESSOR);
	add_number(to, "VirtualQuantity", 1);
	close_item(to);

	open_item(to);
	add_text(to, "AllocationUnits", "byte * 2^20");
	add_text(to, "Caption", "Memory");
	add_text(to, "ElementName", "Memory");
	add_number(to, "InstanceID", INSTANCE_MEMORY);
	add_number(to, "ResourceType", RESOURCE_MEMORY);
	add_number(to, "VirtualQuantity", MEMORY_MIB);
	close_item(to);
}

static void add_disk_and_controller(struct buf *to)
{
	open_item(to);
	add_number(to, "Address", 0);
	add_text(to, "Caption", "SATA controller");
	add_text(to, "ElementName", "SATA controller");
	add_number(to, "InstanceID", INSTANCE_SATA);
	add_text(to, "ResourceSubType", "vmware.sata.ahci");
	add_number(to, "ResourceType", RESOURCE_OTHER_STORAGE);
	close_item(to);

	open_item(to);
	add_number(to, "AddressOnParent", 0);
	add_text(to, "Caption", "Disk 1");
	add_text(to, "ElementName", "Disk 1");
	add_text(to, "HostResource", "ovf:/disk/disk1");
	add_number(to, "InstanceID", INSTANCE_DISK);
	add_number(to, "Parent", INSTANCE_SATA);
	add_number(to, "ResourceType", RESOURCE_DISK);
	close_item(to);
}

static void add_network(struct buf *to)
{
	open_item(to);
	add_text(to, "AutomaticAllocation", "true");
	add_text(to, "Caption", "Ethernet 1");
	add_text(to, "Connection", "VM Network");
	add_text(to, "ElementName", "Ethernet 1");
	add_number(to, "InstanceID", INSTANCE_NET);
	add_text(to, "ResourceSubType", "VmxNet3");
	add_number(to, "ResourceType", RESOURCE_ETHERNET);
	close_item(to);
}

static void add_machine(struct str name, struct buf *to)
{
	buf_printf(to,
		   "  <VirtualSystem ovf:id=\"" STR_FMT "\">\n"
		   "    <Info>A virtual machine</Info>\n"
		   "    <Name>" STR_FMT "</Name>\n"
		   "    <OperatingSystemSection ovf:id=\"%u\">\n"
		   "      <Info>The operating system</Info>\n"
		   "      <Description>Debian GNU/Linux, 64 bits</Description>\n"
		   "    </OperatingSystemSection>\n",
		   STR_ARG(name), STR_ARG(name), OS_DEBIAN_64);
	buf_printf(to,
		   "    <VirtualHardwareSection>\n"
		   "      <Info>Virtual hardware</Info>\n"
		   "      <System>\n"
		   "        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>\n"
		   "        <vssd:InstanceID>0</vssd:InstanceID>\n"
		   "        <vssd:VirtualSystemIdentifier>" STR_FMT
		   "</vssd:VirtualSystemIdentifier>\n"
		   "        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>\n"
		   "      </System>\n",
		   STR_ARG(name));
	add_cpu_and_memory(to);
	add_disk_and_controller(to);
	add_network(to);
	buf_add_cstr(to, "      <vmw:Config ovf:required=\"false\" vmw:key=\"firmware\""
			 " vmw:value=\"efi\"/>\n"
			 "    </VirtualHardwareSection>\n"
			 "  </VirtualSystem>\n");
}

void ovf_write(struct str name, uint64_t disk_size, uint64_t capacity, struct buf *to)
{
	add_envelope(to);
	add_disk_sections(name, disk_size, capacity, to);
	add_machine(name, to);
	buf_add_cstr(to, "</Envelope>\n");
}
